// What is in #live is read again whenever a visit of this holder changes; the words are the server's.
const AGAIN_MS = 30_000;
const told = document.getElementById("told");
let reading = Promise.resolve();

async function readAgain(id) {
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const old = document.getElementById("live");
  const fresh = page.getElementById("live");
  // The session may have ended: the code stays on the screen.
  if (!fresh) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  const visit = id && fresh.querySelector(`[data-visit="${CSS.escape(id)}"]`);
  if (visit) {
    visit.classList.add("new");
    told.textContent = visit.innerText;
  }
}

function follow() {
  const stream = new EventSource(told.dataset.stream);
  for (const name of ["recorded", "cancelled", "gap"]) {
    stream.addEventListener(name, (event) => {
      const id = JSON.parse(event.data).id;
      reading = reading.then(() => readAgain(id)).catch(() => undefined);
    });
  }
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN_MS);
  });
}

if (told) follow();
