"""The floor of S1: a bare DRF view, a scoped token and the smallest single statement that issues points.

No rules, limits, approvals, lots, messages or explanation; just what nobody can leave out: the budget goes down, the
wallet goes up, a row says why, and the same external_id is refused.
"""

from typing import Any

from django.db import connection
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

TABLES = """
    CREATE TABLE IF NOT EXISTS floor_account (number text PRIMARY KEY, points bigint NOT NULL CHECK (points >= 0));
    CREATE TABLE IF NOT EXISTS floor_transfer (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), external_id text NOT NULL UNIQUE, wallet text NOT NULL,
        points bigint NOT NULL CHECK (points > 0), at timestamptz NOT NULL DEFAULT now());
"""
ISSUE = """
    WITH inserted AS (
        INSERT INTO floor_transfer (external_id, wallet, points) VALUES (%(external_id)s, %(recipient)s, %(points)s)
        RETURNING id
    ), credited AS (
        UPDATE floor_account SET points = points + %(points)s WHERE number = %(recipient)s RETURNING points
    ), debited AS (
        UPDATE floor_account SET points = points - %(points)s WHERE number = 'budget' RETURNING points
    )
    SELECT inserted.id, credited.points FROM inserted, credited, debited
"""


def prepare(recipients: list[str]) -> None:
    """Create the floor's two tables, with a wallet for each recipient and one budget."""
    with connection.cursor() as cursor:
        for statement in TABLES.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        rows = [*((number, 0) for number in recipients), ("budget", 10**15)]
        cursor.executemany("INSERT INTO floor_account VALUES (%s, %s) ON CONFLICT DO NOTHING", rows)


class IssueView(APIView):
    """Issues points and does nothing else."""

    permission_classes = [IsAuthenticated]

    def post(self, request: Request) -> Response:
        """Issue the points of one request."""
        body: Any = request.data
        with connection.cursor() as cursor:
            cursor.execute(ISSUE, {name: body[name] for name in ("external_id", "recipient", "points")})
            key, points = cursor.fetchone()
        return Response({"id": str(key), "external_id": body["external_id"], "available": points}, status=201)
