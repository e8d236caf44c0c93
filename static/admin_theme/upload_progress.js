// Brings the progress of an upload up to date. When it no longer runs, the page that shows the result is loaded.
const EVERY_MS = 1000;

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.ok) {
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("upload-progress");
    if (!now) return location.reload();
    document.getElementById("upload-progress").replaceWith(now);
  }
  setTimeout(() => look().catch(again), EVERY_MS);
}

function again() {
  setTimeout(() => look().catch(again), EVERY_MS * 5);
}

setTimeout(() => look().catch(again), EVERY_MS);
