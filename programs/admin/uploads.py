"""Points for many people from a file: uploaded, checked, confirmed, watched, and looked up afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from api import ids
from api.errors import PortalError
from approvals.deciding import DecidingAdmin
from people.models import Person
from programs import upload_results
from programs.admin import upload_pages
from programs.admin.upload_forms import ColumnsForm, UploadForm, sample_table
from programs.enums import UploadStatus
from programs.matters import UPLOAD
from programs.models import Upload
from programs.operations import uploads
from programs.upload_files import template

MAY_UPLOAD = "programs.add_upload"
FILE, COLUMNS = 1, 2  # steps; upload_pages knows the others
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@admin.register(Upload)
class UploadAdmin(DecidingAdmin):
    """Files of points. Nobody edits one: it is checked, then confirmed as a whole and approved, or dropped."""

    matter = UPLOAD

    list_display = ["file_name", "programme", "status", "rows_shown", "points_shown", "uploaded_by", "uploaded_at"]
    list_filter = ["status", "programme", "uploaded_at"]
    list_select_related = ["programme", "uploaded_by"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["file_name", "uploaded_by__name"]
    search_help_text = "File name, who uploaded it, or an upload's id"
    ordering = ["-id"]

    class Media:
        css = {"all": ["admin_theme/earning.css", "admin_theme/uploads.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        """Return uploads with what their pages read."""
        return Upload.objects.select_related("programme", "uploaded_by", "confirmed_by", "approval__group")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Upload], search_term: str
    ) -> tuple[QuerySet[Upload], bool]:
        """Find an upload by its id, too: its points requests and the log name it so."""
        if key := ids.key(ids.UPLOAD, search_term.strip()):
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may upload points."""
        return request.user.has_perm(MAY_UPLOAD)

    def get_urls(self) -> list[URLPattern]:
        """Add what can be done with an upload, and its files."""

        def post(view: Callable[..., HttpResponse], name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(require_POST(view))
            return path(f"<uuid:upload_id>/{name}/", wrapped, name=f"programs_upload_{name}")

        def file(view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            return path(f"<uuid:upload_id>/{name}.csv", wrapped, name=f"programs_upload_{name}")

        def template(kind: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(self.template)
            return path(f"template.{kind}", wrapped, {"kind": kind}, name=f"programs_upload_template_{kind}")

        own = [
            *(template("csv"), template("xlsx")),
            path("<uuid:upload_id>/columns/", self.admin_site.admin_view(self.columns), name="programs_upload_columns"),
            *(post(self.confirm, "confirm"), post(self.cancel, "cancel"), post(self.retry, "retry")),
            *(file(self.to_mend, "to_mend"), file(self.result, "result")),
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form; check the file that was sent, and go on to what the check says."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                return self._page_of(_received(form, _person(request)))
            except PortalError as error:
                form.add_error("file", error.detail)
        context = {"title": "Upload points", "form": form, "step": FILE}
        return self._render(request, "admin/programs/upload/choose.html", context)

    def template(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Send the template to fill in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        content = template.as_csv() if kind == "csv" else template.as_xlsx()
        answer = HttpResponse(content, content_type=CONTENT_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="points.{kind}"'
        return answer

    def columns(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """Show what the columns of a file may be; have it checked as somebody says."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        upload = self._upload(request, str(upload_id))
        if upload.status not in {UploadStatus.COLUMNS, UploadStatus.CHECKED}:
            return self._page_of(upload)
        form = ColumnsForm(upload, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                layout = form.layout()
                return self._page_of(uploads.lay_out(upload_id, layout=layout, by=_person(request), at=timezone.now()))
            except PortalError as error:
                form.add_error(None, error.detail)
        context = {"title": "Upload points", "original": upload, "form": form, "step": COLUMNS}
        context["samples"] = sample_table(upload)
        return self._render(request, "admin/programs/upload/columns.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what the check says, how far it is, or what came of it."""
        upload = self._upload(request, object_id or "")
        may_upload = self.has_add_permission(request)
        context: dict[str, Any] = {"title": "Upload points", "original": upload, "may_upload": may_upload}
        if upload.status == UploadStatus.COLUMNS and may_upload:
            return HttpResponseRedirect(reverse("admin:programs_upload_columns", args=[upload.pk]))
        if upload.status in {UploadStatus.CHECKING, UploadStatus.CREDITING}:
            context |= upload_pages.progress(upload, at=timezone.now())
            return self._render(request, "admin/programs/upload/progress.html", context)
        context |= upload_pages.context(upload, show=request.GET.get("show", ""), page=request.GET.get("page", ""))
        context["deciding"] = self.deciding(request, upload)
        return self._render(request, "admin/programs/upload/upload.html", context)

    def confirm(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """Have the good rows credited: the button named how many, so leaving out the others was said."""
        return self._do(
            request,
            upload_id,
            lambda: uploads.confirm(upload_id, by=_person(request), at=timezone.now(), skip_bad=True),
        )

    def cancel(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """Drop an upload that was not confirmed and choose another file, or cancel rows that wait for their day."""
        answer = self._do(request, upload_id, lambda: uploads.cancel(upload_id, by=_person(request), at=timezone.now()))
        if Upload.objects.filter(pk=upload_id, status=UploadStatus.CANCELLED).exists():
            messages.success(request, "The upload was dropped. Nothing was credited.")
            return HttpResponseRedirect(reverse("admin:programs_upload_add"))
        return answer

    def retry(self, request: HttpRequest, upload_id: UUID) -> HttpResponse:
        """Go on with an upload that stopped."""
        return self._do(request, upload_id, lambda: uploads.retry(upload_id, at=timezone.now()))

    def to_mend(self, request: HttpRequest, upload_id: UUID) -> StreamingHttpResponse:
        """Send the rows that were not credited, each with what to do, as a file that can be mended and uploaded."""
        upload = self._upload(request, str(upload_id))
        return _csv(upload_results.rows_to_mend(upload), f"{Path(upload.file_name).stem}.rejected.csv")

    def result(self, request: HttpRequest, upload_id: UUID) -> StreamingHttpResponse:
        """Send what came of every row."""
        upload = self._upload(request, str(upload_id))
        return _csv(upload_results.result(upload), f"{Path(upload.file_name).stem}.result.csv")

    def _do(self, request: HttpRequest, upload_id: UUID, work: Callable[[], Upload]) -> HttpResponse:
        """Do something with an upload, for somebody who may, and go on to its page; say why not where it cannot be."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        upload = self._upload(request, str(upload_id))
        try:
            work()
        except PortalError as error:
            messages.error(request, error.detail)
        return self._page_of(upload)

    def _upload(self, request: HttpRequest, upload_id: str) -> Upload:
        """Return an upload for somebody who may look at it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = self.get_object(request, upload_id)
        if upload is None:
            raise Http404("There is no such upload.")
        return cast("Upload", upload)

    def _page_of(self, upload: Upload) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:programs_upload_change", args=[upload.pk]))

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
        page = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **context}
        return TemplateResponse(request, template, page)

    @admin.display(description="Rows", ordering="row_count")
    def rows_shown(self, upload: Upload) -> str:
        """Return how many rows it has, and how many of them were credited."""
        return f"{upload.credited_rows:,} of {upload.row_count:,}" if upload.confirmed_at else f"{upload.row_count:,}"

    @admin.display(description="Points", ordering="points")
    def points_shown(self, upload: Upload) -> str:
        """Return the points credited, or those that would be asked for."""
        return f"{upload.credited_points if upload.confirmed_at else upload.points:,}"


def _received(form: UploadForm, by: Person) -> Upload:
    sent: UploadedFile[Any] = form.cleaned_data["file"]
    return uploads.receive(
        file=cast("IO[bytes]", sent.file),
        name=sent.name or "upload",
        programme=form.cleaned_data["programme"],
        by=by,
        at=timezone.now(),
        credit_at=form.cleaned_data["credit_at"],
    )


def _csv(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    """Return a file to download, sent as it is written."""
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    plain = "".join(character if character.isalnum() or character in "-_. " else "_" for character in name)
    answer["Content-Disposition"] = f'attachment; filename="{plain.encode("ascii", "replace").decode()}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user
