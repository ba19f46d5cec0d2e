// Arrays in NumPy's format (version 1.0, C order, little-endian).

const TYPES = { i8: '|i1', u8: '|u1', i32: '<i4', f32: '<f4' };

export function npy({ type, shape, data }) {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  let header = `{'descr': '${TYPES[type]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  header = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + header.length + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + header.length);
  return new Blob([bytes], { type: 'application/octet-stream' });
}
