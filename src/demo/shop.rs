//! The shop: its functions, and how each is set up.

use super::bodies::{BAD_SIGNATURE, CHECKOUT, ITEM_MISSING, ORDERS_WORKER, OUT_OF_MEMORY, PAYMENT};
use super::program::{Detail, Level, Step};
use super::text::put;

/// The functions, in order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter)]
pub(super) enum Function {
    Auth,
    CartApi,
    CatalogApi,
    Checkout,
    FraudScore,
    ImageResize,
    InvoicePdf,
    LedgerApply,
    Mailer,
    NightlyReport,
    OrderSaga,
    OrdersWorker,
    PartnerFeed,
    Payment,
    PriceSync,
    SearchIndex,
    Shipping,
    StockReserve,
    StockStream,
    WebhookIn,
}

pub(super) const FUNCTIONS: usize = 20;

/// Language and version of a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runtime {
    Dotnet,
    Go,
    Java,
    Node,
    Python,
    Ruby,
    Rust,
}

/// How a function logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logs {
    /// Platform and application lines as text.
    Text,
    /// Platform lines as text, application lines by Powertools.
    TextPowertools,
    /// Both as JSON.
    Json,
    /// Both as JSON, application lines by Powertools.
    JsonPowertools,
    /// JSON with `platform.runtimeDone`: system log level DEBUG.
    JsonDebug,
}

/// How one function is set up.
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) runtime: Runtime,
    pub(super) logs: Logs,
    pub(super) memory_mb: u32,
    /// What a run usually takes of it.
    pub(super) used_mb: u32,
    pub(super) timeout_s: u32,
    pub(super) version: u32,
    /// Median and spread of an init, or of a restore with SnapStart.
    pub(super) init: (f64, f64),
    pub(super) snap_start: bool,
    /// Environments that provisioned concurrency keeps warm.
    pub(super) provisioned: u32,
    pub(super) reserved: Option<u32>,
    pub(super) body: &'static [Step],
}

impl Function {
    pub(super) fn spec(self) -> &'static Spec {
        &SHOP[self as usize]
    }

    pub(super) fn name(self) -> &'static str {
        self.spec().name
    }
}

impl Runtime {
    /// `Runtime` of the function's configuration.
    pub(super) fn identifier(self) -> &'static str {
        match self {
            Self::Dotnet => "dotnet8",
            Self::Go | Self::Rust => "provided.al2023",
            Self::Java => "java21",
            Self::Node => "nodejs20.x",
            Self::Python => "python3.12",
            Self::Ruby => "ruby3.3",
        }
    }

    /// The runtime version that an init line names, and the end of its ARN.
    pub(super) fn version(self) -> (&'static str, &'static str) {
        match self {
            Self::Dotnet => ("dotnet:8.v44", DOTNET_ARN),
            Self::Go | Self::Rust => ("provided:al2023.v88", PROVIDED_ARN),
            Self::Java => ("java:21.v41", JAVA_ARN),
            Self::Node => ("nodejs:20.v61", NODE_ARN),
            Self::Python => ("python:3.12.v58", PYTHON_ARN),
            Self::Ruby => ("ruby:3.3.v31", RUBY_ARN),
        }
    }
}

const DOTNET_ARN: &str = "5f0d64e1b8bb3a05f6b7a7b1be6c4d38f8a2ce09c1d7a46e5b20d3978a61f4c2";
const JAVA_ARN: &str = "a3194b7c02e65fd8817e4c9035db26fa54e0c18d7b69f3a2105c84de97b3f601";
const NODE_ARN: &str = "7c20d5e9a4b1836f02f7de58c9a3641b80e95d27f46cb1a3398fe057d26b4a1c";
const PROVIDED_ARN: &str = "19e7b63df5204c8a97a6d10fc83e4b75926d0ab8e35f7c416ba28d9e4071f3c5";
const PYTHON_ARN: &str = "e40a8c5b7f1d926389b5c0ea47f26d1305c9e8ba7d413f60c2759af81eb6d34c";
const RUBY_ARN: &str = "2b96f04ed8a7c15360d2e9bf81547ca304f6e78bd19a25c0e3b84f1d7690ac5e";

/// What most functions have in common.
const PLAIN: Spec = Spec {
    name: "",
    runtime: Runtime::Python,
    logs: Logs::Text,
    memory_mb: 256,
    used_mb: 92,
    timeout_s: 30,
    version: 1,
    init: (250.0, 0.2),
    snap_start: false,
    provisioned: 0,
    reserved: None,
    body: &[],
};

static SHOP: [Spec; FUNCTIONS] = [
    Spec {
        name: "auth",
        runtime: Runtime::Node,
        logs: Logs::Json,
        memory_mb: 512,
        version: 14,
        init: (310.0, 0.2),
        provisioned: 10,
        body: &[Step::Work(9.0, 0.5)],
        ..PLAIN
    },
    Spec {
        name: "cart-api",
        runtime: Runtime::Go,
        logs: Logs::Json,
        used_mb: 41,
        version: 33,
        init: (96.0, 0.2),
        body: &[
            Step::Work(18.0, 0.6),
            Step::Say(Level::Info, |said, out| {
                put!(out, "cart of acct-{} read", said.order.account);
            }),
        ],
        ..PLAIN
    },
    Spec {
        name: "catalog-api",
        runtime: Runtime::Rust,
        logs: Logs::Json,
        used_mb: 33,
        version: 88,
        init: (61.0, 0.15),
        body: &[Step::Work(20.0, 0.6), Step::Fail(0.0015, &ITEM_MISSING)],
        ..PLAIN
    },
    Spec {
        name: "checkout",
        runtime: Runtime::Node,
        logs: Logs::JsonPowertools,
        memory_mb: 512,
        used_mb: 118,
        version: 17,
        init: (388.0, 0.25),
        body: CHECKOUT,
        ..PLAIN
    },
    Spec {
        name: "fraud-score",
        runtime: Runtime::Java,
        memory_mb: 2048,
        used_mb: 402,
        version: 30,
        init: (412.0, 0.22),
        snap_start: true,
        body: &[
            Step::Work(55.0, 0.35),
            Step::Say(Level::Info, |said, out| {
                put!(out, "score 0.{:02} approve", said.roll % 40);
            }),
        ],
        ..PLAIN
    },
    Spec {
        name: "image-resize",
        runtime: Runtime::Node,
        memory_mb: 512,
        used_mb: 301,
        version: 12,
        init: (890.0, 0.2),
        body: &[
            Step::LogEvent,
            Step::Work(1_450.0, 0.35),
            Step::Fail(0.014, &OUT_OF_MEMORY),
            Step::Say(Level::Info, |_, out| out.push_str("resized to 3 widths")),
        ],
        ..PLAIN
    },
    Spec {
        name: "invoice-pdf",
        memory_mb: 2048,
        used_mb: 640,
        version: 4,
        init: (2_310.0, 0.12),
        body: &[
            Step::Work(900.0, 0.3),
            Step::Say(Level::Info, |_, out| {
                out.push_str("invoice rendered, 2 pages");
            }),
        ],
        ..PLAIN
    },
    Spec {
        name: "ledger-apply",
        runtime: Runtime::Node,
        logs: Logs::JsonDebug,
        version: 5,
        init: (290.0, 0.2),
        body: &[Step::LogEvent, Step::Work(34.0, 0.5), Step::Apply],
        ..PLAIN
    },
    Spec {
        name: "mailer",
        logs: Logs::TextPowertools,
        version: 7,
        init: (480.0, 0.2),
        body: &[Step::LogEvent, Step::Work(280.0, 0.3), Step::Mail],
        ..PLAIN
    },
    Spec {
        name: "nightly-report",
        memory_mb: 1024,
        timeout_s: 900,
        version: 2,
        body: &[Step::Work(240_000.0, 0.2)],
        ..PLAIN
    },
    Spec {
        name: "order-saga",
        runtime: Runtime::Dotnet,
        memory_mb: 512,
        used_mb: 134,
        version: 21,
        init: (620.0, 0.2),
        reserved: Some(10),
        body: &[
            Step::LogEvent,
            Step::Work(46.0, 0.4),
            Step::ReturnFailed(0.001_7),
        ],
        ..PLAIN
    },
    Spec {
        name: "orders-worker",
        memory_mb: 512,
        used_mb: 212,
        timeout_s: 60,
        version: 9,
        init: (642.0, 0.2),
        reserved: Some(100),
        body: ORDERS_WORKER,
        ..PLAIN
    },
    Spec {
        name: "partner-feed",
        runtime: Runtime::Ruby,
        version: 6,
        init: (540.0, 0.2),
        body: &[
            Step::LogEvent,
            Step::Work(1_200.0, 0.3),
            Step::Say(Level::Info, |said, out| {
                put!(out, "{} partners told", 20 + said.roll % 5);
            }),
        ],
        ..PLAIN
    },
    Spec {
        name: "payment",
        memory_mb: 1024,
        used_mb: 301,
        version: 41,
        init: (1_210.0, 0.18),
        reserved: Some(20),
        body: PAYMENT,
        ..PLAIN
    },
    Spec {
        name: "price-sync",
        logs: Logs::Json,
        version: 19,
        init: (430.0, 0.2),
        body: &[Step::Work(800.0, 0.2), Step::WriteItems],
        ..PLAIN
    },
    Spec {
        name: "search-index",
        logs: Logs::Json,
        version: 16,
        init: (350.0, 0.2),
        body: &[Step::LogEvent, Step::Work(64.0, 0.4)],
        ..PLAIN
    },
    Spec {
        name: "shipping",
        runtime: Runtime::Ruby,
        version: 10,
        init: (470.0, 0.2),
        body: &[
            Step::LogEvent,
            Step::Work(60.0, 0.3),
            Step::Put(Detail::OrderShipped),
        ],
        ..PLAIN
    },
    Spec {
        name: "stock-reserve",
        runtime: Runtime::Go,
        used_mb: 44,
        version: 11,
        init: (104.0, 0.2),
        body: &[
            Step::Work(30.0, 0.4),
            Step::Record,
            Step::Say(Level::Info, |said, out| {
                put!(out, "reserved o-{}", said.order.number);
            }),
        ],
        ..PLAIN
    },
    Spec {
        name: "stock-stream",
        runtime: Runtime::Java,
        memory_mb: 1024,
        used_mb: 288,
        version: 8,
        init: (1_900.0, 0.15),
        body: &[Step::LogEvent, Step::Work(27.0, 0.4)],
        ..PLAIN
    },
    Spec {
        name: "webhook-in",
        runtime: Runtime::Node,
        version: 3,
        init: (240.0, 0.2),
        body: &[
            Step::LogEventSometimes(0.028),
            Step::Work(42.0, 0.6),
            Step::Fail(0.021, &BAD_SIGNATURE),
        ],
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn the_table_follows_the_names() {
        let names: Vec<&str> = Function::iter().map(Function::name).collect();
        assert_eq!(names.len(), FUNCTIONS);
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(Function::OrdersWorker.name(), "orders-worker");
        assert_eq!(Function::WebhookIn.name(), "webhook-in");
    }
}
