//! The functions of `cortexscope-wire`.

use cortexscope_wire::compact;
use cortexscope_wire::frame::{PAYLOAD_BYTES_MAX, WIRE_BYTES_MAX};
use cortexscope_wire::message::{self, EnginePhase, Hello, HelloReply, Receipt};
use cortexscope_wire::{
    Decoder, Event, Frame, Inbound, Kind, Rejected, Request, SendWindow, Slot, TensorSet, Verdict,
    capacity, seq,
};

use crate::linked;

type Payload = [u8; PAYLOAD_BYTES_MAX];

pub fn keep() {
    frames();
    messages();
    sequences();
}

fn frames() {
    linked! {
        Decoder::new => fn() -> Decoder,
        (|decoder, bytes| decoder.next(bytes).map(|frame| frame.map(|frame| frame.header.seq)))
            => fn(&mut Decoder, &mut &[u8]) -> Option<Result<u16, Rejected>>,
        (|frame, buffer| frame.emit(buffer).map(<[u8]>::len))
            => fn(&Frame<'static>, &mut [u8; WIRE_BYTES_MAX]) -> Option<usize>,
        Frame::parse => fn(&'static mut [u8]) -> Result<Frame<'static>, Rejected>,
        capacity::uart_bytes_per_s => fn(u32) -> u32,
        capacity::tap_wire_bytes => fn(usize) -> usize,
        capacity::inference_wire_bytes => fn(&[usize], usize) -> usize,
        capacity::frame_wire_bytes => fn(usize) -> usize,
    }
}

fn messages() {
    linked! {
        message::emit => for<'b> fn(&Request<'static>, &'b mut Payload) -> Option<&'b [u8]>,
        message::emit => for<'b> fn(&Event<'static>, &'b mut Payload) -> Option<&'b [u8]>,
        message::emit => for<'b> fn(&Hello, &'b mut Payload) -> Option<&'b [u8]>,
        message::emit => for<'b> fn(&HelloReply, &'b mut Payload) -> Option<&'b [u8]>,
        message::emit => for<'b> fn(&Receipt, &'b mut Payload) -> Option<&'b [u8]>,
        message::parse => fn(&'static [u8]) -> Option<Request<'static>>,
        message::parse => fn(&'static [u8]) -> Option<Event<'static>>,
        message::parse => fn(&'static [u8]) -> Option<Hello>,
        message::parse => fn(&'static [u8]) -> Option<HelloReply>,
        message::parse => fn(&'static [u8]) -> Option<Receipt>,
        compact::emit_event => for<'b> fn(&Event<'static>, &'b mut Payload) -> Option<&'b [u8]>,
        compact::emit_hello_reply => for<'b> fn(&HelloReply, &'b mut Payload) -> Option<&'b [u8]>,
        compact::parse_request => fn(&'static [u8]) -> Option<Request<'static>>,
        compact::parse_hello => fn(&'static [u8]) -> Option<Hello>,
        compact::parse_receipt => fn(&'static [u8]) -> Option<Receipt>,
        message::input_crc => fn(&[u8]) -> u32,
        Event::is_last => fn(&Event<'static>) -> bool,
        EnginePhase::name => fn(EnginePhase) -> &'static str,
        TensorSet::contains => fn(&TensorSet, usize) -> bool,
        TensorSet::with => fn(TensorSet, usize) -> TensorSet,
        TensorSet::below => fn(TensorSet, usize) -> TensorSet,
        (|set, at| set.iter().nth(at)) => fn(TensorSet, usize) -> Option<usize>,
    }
}

fn sequences() {
    linked! {
        seq::distance => fn(u16, u16) -> u16,
        seq::is_after => fn(u16, u16) -> bool,
        seq::round_is_after => fn(u8, u8) -> bool,
        SendWindow::new => fn(&'static mut [Slot]) -> SendWindow<'static>,
        SendWindow::reset => fn(&mut SendWindow<'static>, u16),
        SendWindow::slot_count => fn(&SendWindow<'static>) -> u16,
        SendWindow::round => fn(&SendWindow<'static>) -> u8,
        SendWindow::has_room => fn(&SendWindow<'static>) -> bool,
        (|window, bytes| window.push(Kind::Log, |_| bytes))
            => fn(&mut SendWindow<'static>, Option<usize>) -> Option<u16>,
        SendWindow::get => for<'a> fn(&'a SendWindow<'static>, u16) -> Option<(Kind, &'a [u8])>,
        SendWindow::unreceived => fn(&SendWindow<'static>) -> Receipt,
        (|window, at| window.unacknowledged().nth(at))
            => fn(&SendWindow<'static>, usize) -> Option<u16>,
        (|window, ack, receipt, at| window.missing(ack, receipt).nth(at))
            => fn(&SendWindow<'static>, u16, Receipt, usize) -> Option<u16>,
        SendWindow::acknowledge => fn(&mut SendWindow<'static>, u16),
        SendWindow::grant => fn(&mut SendWindow<'static>, u16),
        SendWindow::enter_round => fn(&mut SendWindow<'static>, u8) -> bool,
        Inbound::new => fn(u16, u16) -> Inbound,
        Inbound::next => fn(&Inbound) -> u16,
        Inbound::round => fn(&Inbound) -> u8,
        Inbound::receipt => fn(&Inbound) -> Receipt,
        Inbound::accept => fn(&mut Inbound, u16) -> Verdict,
        Inbound::next_held => fn(&mut Inbound) -> Option<u16>,
        Inbound::must_ask => fn(&mut Inbound, u8) -> bool,
        Inbound::time_out => fn(&mut Inbound),
        Inbound::ack_is_due => fn(&Inbound) -> bool,
        Inbound::acknowledged => fn(&mut Inbound),
        Inbound::granted => fn(&mut Inbound),
    }
}
