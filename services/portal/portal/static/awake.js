// "Keep the screen on", where the browser can (Screen Wake Lock); a hidden page loses it and takes it again.
const button = document.getElementById("awake");
let lock = null;

const isOn = () => button.getAttribute("aria-pressed") === "true";

async function hold() {
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    button.setAttribute("aria-pressed", "false");
  }
}

async function press() {
  button.setAttribute("aria-pressed", String(!isOn()));
  if (isOn()) {
    await hold();
  } else {
    await lock?.release();
  }
}

if (button && "wakeLock" in navigator) {
  button.hidden = false;
  button.addEventListener("click", press);
  document.addEventListener("visibilitychange", () => {
    if (isOn() && document.visibilityState === "visible") hold();
  });
}
