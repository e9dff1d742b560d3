// "Around me": the browser's position, to a kilometre, goes into the place's field, and the form is sent.
const button = document.querySelector("[data-around-me]");

if (button && "geolocation" in navigator) {
  const field = document.getElementById("place");
  const unknown = document.querySelector("[data-around-me-unknown]");
  button.hidden = false;
  button.addEventListener("click", () => {
    unknown.hidden = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        field.value = `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`;
        button.form.requestSubmit();
      },
      () => { unknown.hidden = false; },
      { timeout: 10000, maximumAge: 600000 },
    );
  });
}
