//! What well-known log lines mean.

use super::Meaning;

/// The meaning of a raw line, if it is one that Lambda or its runtimes write.
pub(super) fn of(line: &str) -> Option<&'static Meaning> {
    LINES.iter().find(|known| line.contains(known.name))
}

/// By what stands in them; the more telling first.
const LINES: &[Meaning] = &[
    m(
        "Task timed out",
        "Lambda ended the run at the function's time limit. What it had begun may have taken effect.",
        "The run's own clock; its caller sees an error, a queue delivers the message again.",
        "look at the line before: that is what it waited for",
    ),
    m(
        "platform.logsDropped",
        "Lambda dropped log lines: this log is not complete.",
        "The function writes faster than the Telemetry API takes.",
        "figures from these lines are lower bounds; log less",
    ),
    m(
        "signal: killed",
        "The environment was killed, nearly always for want of memory.",
        "The operating system ends a process that exceeds the configured memory.",
        "compare Max Memory Used with Memory Size in its REPORT line",
    ),
    m(
        "Runtime.OutOfMemory",
        "The run needed more memory than is configured.",
        "The runtime's report of its own end.",
        "raise the memory, then look for what grew",
    ),
    m(
        "Runtime.ExitError",
        "The runtime's process ended by itself.",
        "A crash, an exit call, or the memory limit. The environment starts anew for the next request.",
        "the lines before it say why; the next start is a cold one",
    ),
    m(
        "Runtime.ImportModuleError",
        "The code could not be loaded.",
        "A missing file or layer. Every start fails until that is mended.",
        "roll back the deployment",
    ),
    m(
        "INIT_REPORT",
        "A start failed or took too long; Lambda does it again inside the invocation.",
        "Starts may take 10 s; Status says whether it timed out or failed.",
        "do less at start, or find what it waits for",
    ),
    m(
        "platform.initReport",
        "How long the environment took to start.",
        "The platform's event; the request waited for it if initializationType is on-demand.",
        "",
    ),
    m(
        "INIT_START",
        "An environment begins to start: a cold start.",
        "Written by Lambda with the runtime's version.",
        "felt by a request only if one was waiting",
    ),
    m(
        "RESTORE_START",
        "An environment is restored from a snapshot.",
        "SnapStart: instead of an init.",
        "",
    ),
    m(
        "START RequestId",
        "A run begins.",
        "Written by Lambda; the same id again is a retry of the same event.",
        "",
    ),
    m("END RequestId", "A run ended.", "Written by Lambda.", ""),
    m(
        "REPORT RequestId",
        "What a run took, was billed for and used.",
        "Written by Lambda after the run. Init Duration stands in it only where a request waited for it.",
        "",
    ),
    m(
        "Rate Exceeded",
        "The called service refused: too many requests.",
        "The service's own limit; the SDK tries again with growing waits.",
        "pane 3 shows who is refused by what",
    ),
    m(
        "TooManyRequestsException",
        "Lambda refused the call: all slots are in use, or it grows too fast.",
        "HTTP 429; the reason names the limit.",
        "pane 3 shows who is refused by which limit",
    ),
    m(
        "ProvisionedThroughputExceeded",
        "DynamoDB or Kinesis refused: a partition or the whole is at its capacity.",
        "The reason and the key range tell which.",
        "spread the key, or raise the capacity",
    ),
    m(
        "ThrottlingException",
        "An AWS service refused: too many requests.",
        "Its own quota for the account.",
        "pane 3 shows who is refused by what",
    ),
    m(
        "ConditionalCheckFailed",
        "A conditional write did not apply: somebody had written before.",
        "Often an idempotency check that did its work.",
        "",
    ),
    m(
        "AccessDenied",
        "A right is missing.",
        "IAM refused the call.",
        "the line names the action and the resource",
    ),
    m(
        "ECONNREFUSED",
        "Nothing listens where it connected to.",
        "The other side is down, or a security group is in the way.",
        "",
    ),
    m(
        "ETIMEDOUT",
        "The other side did not answer in time.",
        "",
        "look at it first: this run only waited",
    ),
    m(
        "Traceback (most recent call last)",
        "A Python exception that nobody caught.",
        "The last line names it.",
        "",
    ),
];

const fn m(
    name: &'static str,
    means: &'static str,
    from: &'static str,
    next: &'static str,
) -> Meaning {
    Meaning {
        name,
        means,
        from,
        next,
    }
}
