// The browser's camera, and the square of it that the network is shown.

export class Camera {
  constructor({ video, crop, start, size, says }) {
    Object.assign(this, { video, crop, start, size, says });
    start.addEventListener('click', () => (this.stream ? this.stop() : this.open()));
    size.addEventListener('input', () => this.frame());
    video.addEventListener('resize', () => this.frame());
    this.frame();
  }

  async open() {
    this.says.textContent = '';
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 } },
        audio: false,
      });
    } catch (error) {
      this.says.textContent = error.name === 'NotAllowedError'
        ? 'The browser does not let this page use the camera: allow it beside the address.'
        : `No camera: ${error.message}`;
      return;
    }
    this.video.srcObject = this.stream;
    this.start.textContent = 'Stop the camera';
    this.stream.getVideoTracks()[0].addEventListener('ended', () => {
      this.says.textContent = 'The camera is gone.';
      this.stop();
    });
    await this.video.play();
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
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
