// The browser's camera, and the square of it that the network is shown.

export class Camera {
  constructor({ video, crop, start, size, status }) {
    Object.assign(this, { video, crop, start, size, status });
    /** Counts openings: a stream that arrives for an older one is closed at once. */
    this.opening = 0;
    this.isWanted = false;
    start.addEventListener('click', () => (this.isWanted ? this.stop() : this.open()));
    size.addEventListener('input', () => this.frame());
    video.addEventListener('resize', () => this.frame());
    this.frame();
  }

  async open() {
    this.stop();
    this.isWanted = true;
    this.start.textContent = 'Stop the camera';
    this.status.textContent = '';
    const { opening } = this;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 } },
        audio: false,
      });
    } catch (error) {
      if (opening !== this.opening) return;
      this.stop();
      this.status.textContent = error.name === 'NotAllowedError'
        ? 'The browser blocked the camera. Allow it with the icon in the address bar, then start the camera again.'
        : `Could not open the camera: ${error.message}`;
      return;
    }
    if (opening !== this.opening) {
      // Stopped, or opened once more, while the browser was asking.
      close(stream);
      return;
    }
    this.stream = stream;
    this.video.srcObject = stream;
    stream.getVideoTracks()[0].addEventListener('ended', () => {
      if (this.stream !== stream) return;
      this.stop();
      this.status.textContent = 'The camera was disconnected.';
    });
    // Interrupted by a stop, there is nothing to play.
    await this.video.play().catch(() => {});
  }

  stop() {
    this.opening += 1;
    this.isWanted = false;
    if (this.stream) close(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    this.start.textContent = 'Start the camera';
  }

  /** The square in the middle that is taken, in the video's own pixels. */
  get square() {
    const { videoWidth, videoHeight } = this.video;
    const side = Math.max(1, Math.round(Math.min(videoWidth, videoHeight) * Number(this.size.value) / 100));
    return { x: (videoWidth - side) / 2, y: (videoHeight - side) / 2, side };
  }

  frame() {
    // The view is 4:3; the square's side is a part of its height or width.
    const { videoWidth: w = 4, videoHeight: h = 3 } = this.video;
    const shown = Math.min(1, (4 / 3) / ((w || 4) / (h || 3)));
    this.crop.style.height = `${Number(this.size.value) * shown}%`;
  }

  get isOn() {
    return Boolean(this.stream) && this.video.readyState >= 2;
  }
}

function close(stream) {
  for (const track of stream.getTracks()) track.stop();
}
