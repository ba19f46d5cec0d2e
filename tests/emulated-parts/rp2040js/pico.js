// An RP2040 that boots from UF2 files: `node pico.js FIRMWARE.uf2 [MODEL.uf2]`. What the
// computer sends over USB is the standard input, what the board answers the output.
//
// There is no boot ROM: what it and the second stage would do before the program starts is
// done here.

import { readFileSync, writeSync } from 'node:fs';
import { Simulator, USBCDC } from 'rp2040js';

const FLASH = 0x10000000;
const FAMILY = 0xe48bff56;
/** The second stage lies before the program's vector table. */
const VECTORS = FLASH + 0x100;
const PACKET_BYTES = 64;
const NANOSECONDS_A_CYCLE = 8;
/** The peripherals see the time after so many instructions. */
const BETWEEN_TICKS = 10;
/** What comes from the computer is looked at after so many instructions. */
const SLICE = 20_000;
/** A board that neither received nor sent anything for so many slices waits. */
const IDLE = 500;

const simulator = new Simulator();
const part = simulator.rp2040;
// The output is the board's: what the emulator has to say goes elsewhere.
const say = (component, text) => console.error(`${component}: ${text}`);
part.logger = { debug() {}, info() {}, warn: say, error: say };

for (const path of process.argv.slice(2)) {
  const file = readFileSync(path);
  const numbers = new Set();
  for (let at = 0; at < file.length; at += 512) {
    const block = file.subarray(at, at + 512);
    const word = (offset) => block.readUInt32LE(offset);
    const magic = [word(0), word(4), word(508)];
    if (magic.join() !== [0x0a324655, 0x9e5d5157, 0x0ab16f30].join()) throw new Error(`${path}: no block`);
    if (word(28) !== FAMILY || word(16) !== 256 || word(12) % 256 !== 0) throw new Error(`${path}: not for an RP2040`);
    part.flash.set(block.subarray(32, 32 + 256), word(12) - FLASH);
    numbers.add(word(20));
    if (word(24) * 512 !== file.length) throw new Error(`${path}: blocks are missing`);
  }
  if (numbers.size * 512 !== file.length) throw new Error(`${path}: blocks are missing`);
}

// The computer: as USBCDC, but it does not send empty packets while it has nothing to say, and
// it opens the port by a request to the interface, as the class has it, and not to the device.
const computer = new USBCDC(part.usbCtrl);
computer.cdcSetControlLineState = () => {
  part.usbCtrl.sendSetupPacket(new Uint8Array([0x21, 0x22, 3, 0, 0, 0, 0, 0]));
  computer.initialized = true;
};
let received = Buffer.alloc(0);
let asked = 0;
const feed = () => {
  if (asked === 0 || received.length === 0) return;
  const packet = received.subarray(0, Math.min(asked, PACKET_BYTES));
  received = received.subarray(packet.length);
  asked = 0;
  part.usbCtrl.endpointReadDone(computer.outEndpoint, new Uint8Array(packet));
};
part.usbCtrl.onEndpointRead = (endpoint, bytes) => {
  if (endpoint !== computer.outEndpoint) return;
  asked = bytes;
  feed();
};
computer.onDeviceConnected = () => console.error('USB: the computer has recognised the board');
let idle = 0;
computer.onSerialData = (bytes) => {
  idle = 0;
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(1, bytes, sent);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
};
process.stdin.on('data', (bytes) => {
  idle = 0;
  received = Buffer.concat([received, bytes]);
  feed();
});
process.stdin.on('end', () => process.exit(0));

const vector = (number) => part.flashView.getUint32(VECTORS - FLASH + 4 * number, true);
part.core.VTOR = VECTORS;
part.core.SP = vector(0);
part.core.PC = vector(1) & ~1;

const run = () => {
  const { core } = part;
  const { clock } = simulator;
  for (let done = 0; done < SLICE; done += BETWEEN_TICKS) {
    let cycles = 0;
    for (let i = 0; i < BETWEEN_TICKS && !core.waiting; i++) cycles += core.executeInstruction();
    clock.tick(core.waiting ? clock.nanosToNextAlarm : NANOSECONDS_A_CYCLE * cycles);
  }
  if (++idle > IDLE) setTimeout(run, 1);
  else setImmediate(run);
};
run();
