//! What the busier handlers do, and how handlers fail.

use super::program::{Call, Detail, Fault, Level, Said, Step};
use super::shop::Function;
use super::text::put;

pub(super) const CHECKOUT: &[Step] = &[
    Step::SayWith(
        Level::Info,
        |said, out| put!(out, "checkout of acct-{} begins", said.order.account),
        order_fields,
    ),
    Step::Work(22.0, 0.3),
    Step::Call(&Call {
        to: Function::FraudScore,
        action: "score",
        waits: &[],
        gives_up: true,
    }),
    Step::Call(&Call {
        to: Function::Payment,
        action: "authorize",
        waits: &[0.2, 0.6],
        gives_up: true,
    }),
    Step::Call(&Call {
        to: Function::StockReserve,
        action: "reserve",
        waits: &[],
        gives_up: true,
    }),
    Step::Enqueue,
    Step::Work(6.0, 0.3),
];

pub(super) const ORDERS_WORKER: &[Step] = &[
    Step::LogEvent,
    Step::Work(28.0, 0.3),
    Step::SkipIfCaptured,
    Step::Stall,
    Step::Call(&Call {
        to: Function::Payment,
        action: "capture",
        waits: &[1.0, 5.0, 20.0, 20.0],
        gives_up: false,
    }),
    Step::Capture,
    Step::Put(Detail::OrderPaid),
    Step::Work(900.0, 0.35),
];

pub(super) const PAYMENT: &[Step] = &[
    Step::Say(Level::Info, |said, out| {
        put!(out, "{} o-{} start", said.action, said.order.number);
    }),
    Step::Work(310.0, 0.15),
    Step::Say(Level::Info, |said, out| {
        put!(
            out,
            "{} o-{} provider answered in {:.0} ms",
            said.action,
            said.order.number,
            said.took_ms
        );
    }),
];

fn order_fields(said: &Said<'_>, out: &mut String) {
    put!(out, "\"orderId\":\"o-{}\"", said.order.number);
}

pub(super) static ITEM_MISSING: Fault = Fault {
    error_type: "ResourceNotFoundException",
    message: |_, roll| format!("item {}", 70_000 + roll % 9_000),
    frames: &["catalog_api::items::find (src/items.rs:88)"],
    kills: false,
};

pub(super) static BAD_SIGNATURE: Fault = Fault {
    error_type: "SignatureMismatch",
    message: |_, roll| format!("signature {:08x} does not match the body", roll as u32),
    frames: &[
        "    at verify (/var/task/src/signature.js:31:11)",
        "    at Runtime.handler (/var/task/src/index.js:12:3)",
    ],
    kills: false,
};

pub(super) static OUT_OF_MEMORY: Fault = Fault {
    error_type: "Runtime.ExitError",
    message: |_, _| "Runtime exited with error: signal: killed".into(),
    frames: &[],
    kills: true,
};

/// Three refusals of payment were enough for a checkout.
pub(super) static REFUSED: Fault = Fault {
    error_type: "TooManyRequestsException",
    message: |_, _| "Rate Exceeded.".into(),
    frames: &[
        "    at authorize (/var/task/src/payment-client.js:88:13)",
        "    at async checkout (/var/task/src/handler.js:41:5)",
    ],
    kills: false,
};

/// What a caller throws when the function that it called failed.
pub(super) static CALLEE_FAILED: Fault = Fault {
    error_type: "DownstreamError",
    message: |_, _| "the called function failed".into(),
    frames: &["    at async call (/var/task/src/client.js:52:9)"],
    kills: false,
};
