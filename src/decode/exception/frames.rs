//! Stack frames: the top ones of the function's own code, without line numbers, which change with every deployment.

use std::borrow::Cow;

use crate::model::json::Json;

/// So many frames tell causes apart; further ones only tell how the handler was reached.
const TOP: usize = 3;

/// Longer stacks are looked at from their ends no further than this.
const LONGEST: usize = 400;

/// The text of a stack that JSON holds: one text, or a list of frames as texts or objects (Go: `label`, `path`).
pub(super) fn text_of<'a>(stack: &'a Json<'_>) -> Cow<'a, str> {
    if let Some(text) = stack.text() {
        return Cow::Borrowed(text);
    }
    let frames: Vec<Cow<'_, str>> = stack.items().iter().filter_map(text_of_frame).collect();
    Cow::Owned(frames.join("\n"))
}

fn text_of_frame<'a>(frame: &'a Json<'_>) -> Option<Cow<'a, str>> {
    if let Some(text) = frame.text() {
        return Some(Cow::Borrowed(text));
    }
    let label = frame.text_at("label")?;
    Some(Cow::Owned(match frame.text_at("path") {
        Some(path) => format!("at {label} ({path})"),
        None => format!("at {label}"),
    }))
}

/// The top frames of own code, joined by line ends; empty if none can be told.
pub(super) fn own(stack: &str) -> String {
    let is_python = stack.contains("File \"");
    let lines: Vec<&str> = stack
        .split(['\n', '\r'])
        .map(|line| line.trim_matches([' ', '\t', '\u{a0}']))
        .collect();
    // Python puts the most recent call last.
    let frames: Vec<String> = if is_python {
        top(lines.into_iter().rev())
    } else {
        top(lines.into_iter())
    };
    frames.join("\n")
}

fn top<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    lines
        .take(LONGEST)
        .filter_map(frame)
        .filter(|frame| !frame.is_foreign())
        .take(TOP)
        .map(|frame| frame.to_string())
        .collect()
}

/// One frame: what ran, and the file it is in where the runtime says.
#[derive(Debug, PartialEq)]
struct Frame<'a> {
    function: &'a str,
    file: &'a str,
}

impl std::fmt::Display for Frame<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.function, self.file.rsplit('/').next().unwrap_or("")) {
            (function, "") => out.write_str(function),
            ("", file) => out.write_str(file),
            (function, file) => write!(out, "{function} ({file})"),
        }
    }
}

impl Frame<'_> {
    /// Whether the frame is of the runtime or of a library.
    fn is_foreign(&self) -> bool {
        const FILES: [&str; 12] = [
            "site-packages/",
            "dist-packages/",
            "node_modules/",
            "node:",
            "/var/runtime/",
            "/var/lang/",
            "/opt/",
            "/gems/",
            "/usr/",
            "/rustc/",
            "/.cargo/",
            "<frozen",
        ];
        const FUNCTIONS: [&str; 18] = [
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "kotlin.",
            "scala.",
            "org.springframework.",
            "com.amazonaws.",
            "software.amazon.",
            "lambdainternal.",
            "System.",
            "Microsoft.",
            "Amazon.",
            "lambda_method",
            "runtime.",
            "github.com/aws/",
            "reflect.",
            "Runtime.handleOnce",
        ];
        FILES.iter().any(|part| self.file.contains(part))
            || FUNCTIONS
                .iter()
                .any(|start| self.function.starts_with(start))
    }
}

/// Reads one line of a stack; `None` if it is no frame.
fn frame(line: &str) -> Option<Frame<'_>> {
    if let Some(rest) = line.strip_prefix("File \"") {
        let (file, rest) = rest.split_once('"')?;
        let function = rest
            .split_once(", in ")
            .map_or("", |(_, function)| function);
        return Some(Frame { function, file });
    }
    if let Some(rest) = line.strip_prefix("at ") {
        return Some(at_frame(rest));
    }
    ruby_frame(line).or_else(|| go_frame(line))
}

/// `fn (file:///var/task/index.mjs:3:12)`, `com.acme.Pool.get(Pool.java:88)`, `Ns.Class.Method(String x) in /src/F.cs:line 12`.
fn at_frame(rest: &str) -> Frame<'_> {
    let rest = rest.strip_prefix("async ").unwrap_or(rest);
    if let Some((function, file)) = rest.split_once(" (") {
        return Frame {
            function,
            file: without_line(file.trim_end_matches(')')),
        };
    }
    let (call, file) = rest.split_once(" in ").unwrap_or((rest, ""));
    match call.split_once('(') {
        Some((function, _)) => Frame {
            function,
            file: file.split(":line").next().unwrap_or(""),
        },
        // node's frame of no function: the place alone
        None => Frame {
            function: "",
            file: without_line(call),
        },
    }
}

/// ``/var/task/lambda_function.rb:5:in `handler'``
fn ruby_frame(line: &str) -> Option<Frame<'_>> {
    let (place, function) = line.split_once(":in ")?;
    Some(Frame {
        function: function.trim_matches(['`', '\'', '"']),
        file: without_line(place),
    })
}

/// `main.handler(0xc0000…)`
fn go_frame(line: &str) -> Option<Frame<'_>> {
    let (function, _) = line.split_once('(')?;
    let is_name = function.contains('.') && !function.contains([' ', ':', '"', '\'']);
    is_name.then_some(Frame { function, file: "" })
}

/// Cuts `:line:column` off a place.
fn without_line(place: &str) -> &str {
    place.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_frames_come_first_without_lines_and_without_libraries() {
        for (stack, frames) in [
            (
                "Traceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 41, in handler\n\
                 \u{a0}\u{a0}\u{a0}\u{a0}raise X(1)\n  File \"/var/task/pay.py\", line 7, in charge\n    x\n\
                 \u{20} File \"/var/task/site-packages/botocore/client.py\", line 9, in _api\n    y",
                "charge (pay.py)\nhandler (app.py)",
            ),
            (
                "TypeError: x\n    at charge (file:///var/task/pay.mjs:3:12)\n    at Runtime.handler (file:///var/task/index.mjs:3:12)\n\
                 \u{20}   at Runtime.handleOnceNonStreaming (file:///var/runtime/index.mjs:1173:29)",
                "charge (pay.mjs)\nRuntime.handler (index.mjs)",
            ),
            (
                "java.lang.IllegalStateException: x\n\tat java.util.Map.get(Map.java:1)\n\tat com.acme.Pool.get(Pool.java:88)\n\tat com.acme.Main.run(Main.java:12)",
                "com.acme.Pool.get\ncom.acme.Main.run",
            ),
            (
                "System.Exception: x\n   at System.Linq.First()\n   at Shop.Pay.Charge(String id) in /src/Pay.cs:line 12",
                "Shop.Pay.Charge (Pay.cs)",
            ),
            (
                "/var/task/lambda_function.rb:5:in `handler'\n/var/runtime/gems/x.rb:9:in `run'",
                "handler (lambda_function.rb)",
            ),
            (
                "goroutine 1 [running]:\nmain.handler(0xc0000)\n\t/src/main.go:9\nruntime.main()\n",
                "main.handler",
            ),
            ("", ""),
        ] {
            assert_eq!(own(stack), frames);
        }
    }
}
