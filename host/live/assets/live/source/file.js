// A picture or a video that was dropped or chosen.

/** Rows or columns that a picture is decoded to at most. */
const SIDE_MAX = 512;
/** Bytes of the largest file that the host decodes, as the command line does. */
const HOST_BYTES_MAX = 48 * 1024 * 1024;
/** The formats that it decodes; of others it gets the browser's pixels. */
const HOST_TYPES = ['image/png', 'image/jpeg', 'image/bmp', 'image/gif', 'image/webp'];
/** Bytes of the largest file that is opened. */
const BYTES_MAX = 512 * 1024 * 1024;

export class PictureFile {
  /** `changed()` is called when there is something new to show. */
  constructor({ canvas, video, status, pause }, changed) {
    Object.assign(this, { canvas, video, status, pause, changed });
    pause.addEventListener('click', () => {
      if (video.paused) video.play();
      else video.pause();
    });
    for (const name of ['play', 'pause']) {
      video.addEventListener(name, () => { pause.textContent = video.paused ? 'Play' : 'Pause'; });
    }
    video.addEventListener('error', () => {
      if (video.src) this.refuse('this browser cannot play the video');
    });
  }

  async open(file) {
    this.close();
    this.name = file.name;
    if (file.size > BYTES_MAX) return this.refuse('the file is larger than 512 MiB');
    if (file.type.startsWith('video/')) {
      this.address = URL.createObjectURL(file);
      this.video.src = this.address;
      this.video.hidden = false;
      this.pause.hidden = false;
      this.status.hidden = true;
      await this.video.play().catch(() => {});
      return undefined;
    }
    let picture;
    this.bytes = null;
    try {
      picture = await createImageBitmap(file);
      if (HOST_TYPES.includes(file.type) && file.size <= HOST_BYTES_MAX) this.bytes = await file.arrayBuffer();
    } catch {
      return this.refuse('this browser cannot read it as a picture');
    }
    const scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height));
    this.canvas.width = Math.max(1, Math.round(picture.width * scale));
    this.canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = this.canvas.getContext('2d', { willReadFrequently: true });
    pen.drawImage(picture, 0, 0, this.canvas.width, this.canvas.height);
    picture.close();
    this.canvas.hidden = false;
    this.status.hidden = true;
    this.changed();
    return undefined;
  }

  refuse(why) {
    this.close();
    this.status.textContent = `Could not open ${this.name}: ${why}.`;
  }

  close() {
    this.video.pause();
    this.video.removeAttribute('src');
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
    this.canvas.hidden = true;
    this.video.hidden = true;
    this.pause.hidden = true;
    this.status.hidden = false;
  }

  get isPicture() {
    return !this.canvas.hidden;
  }

  get isVideo() {
    return !this.video.hidden && this.video.readyState >= 2;
  }
}
