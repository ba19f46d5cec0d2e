// Files that are dropped anywhere on the page.

/** `open(file)` is called with each. */
export function onDrop(open) {
  const { classList } = document.body;
  addEventListener('dragover', (event) => {
    event.preventDefault();
    classList.add('dropping');
  });
  addEventListener('dragleave', () => classList.remove('dropping'));
  addEventListener('drop', (event) => {
    event.preventDefault();
    classList.remove('dropping');
    open(event.dataTransfer.files[0]);
  });
}
