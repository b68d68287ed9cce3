//! How the delivery of an asynchronous event ended, as those tell who were handed it at the end: the record that Lambda sends to a
//! destination, whatever it came through, and the attributes of a message in a dead-letter queue or topic.

use bumpalo::Bump;

use crate::decode::words::holds;
use crate::model::fact::{Ending, LastOutcome};
use crate::model::ids::RequestId;
use crate::model::json::Json;

/// The outcomes that an event tells of: its own, and those in its records. What is read of JSON in texts stands in `arena`.
pub(in crate::decode) fn outcomes(event: &Json<'_>, arena: &Bump) -> Vec<LastOutcome> {
    let records = event.first_of(&["Records", "records"]);
    let of_records = records.map_or(&[][..], Json::items).iter();
    let own = destination(event).or_else(|| destination(event.get("detail")?));
    own.into_iter()
        .chain(of_records.filter_map(|record| of_record(record, arena)))
        .collect()
}

fn of_record(record: &Json<'_>, arena: &Bump) -> Option<LastOutcome> {
    let sns = record.first_of(&["Sns", "sns"]);
    let attributes = record
        .first_of(&["messageAttributes", "MessageAttributes"])
        .or_else(|| sns?.get("MessageAttributes"));
    let text = record
        .first_of(&["body", "Body"])
        .or_else(|| sns?.first_of(&["Message", "message"]));
    dead_letter(attributes).or_else(|| wrapped(text?.text()?, arena))
}

/// The record as text in a message.
fn wrapped(text: &str, arena: &Bump) -> Option<LastOutcome> {
    if !holds(text, "approximateInvokeCount") {
        return None;
    }
    let document = Json::parse(text, arena)?;
    destination(&document).or_else(|| destination(document.get("detail")?))
}

fn destination(record: &Json<'_>) -> Option<LastOutcome> {
    let context = record.get("requestContext")?;
    context.get("functionArn")?;
    Some(LastOutcome {
        request_id: RequestId::parse(context.text_at("requestId")?)?,
        ending: match context.text_at("condition")? {
            "Success" => Ending::Succeeded,
            "RetriesExhausted" => Ending::RetriesExhausted,
            "EventAgeExceeded" => Ending::EventAgeExceeded,
            _ => return None,
        },
    })
}

/// Lambda puts `RequestID`, `ErrorCode` and `ErrorMessage` on what it gives up.
fn dead_letter(attributes: Option<&Json<'_>>) -> Option<LastOutcome> {
    let attributes = attributes?;
    attributes.get("ErrorCode")?;
    let value = attributes.get("RequestID")?;
    let text = value.first_of(&["stringValue", "StringValue", "Value"])?;
    Some(LastOutcome {
        request_id: RequestId::parse(text.text()?)?,
        ending: Ending::DeadLetter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "d46f2f88-b8fa-4993-b8be-c756d697f8b1";

    fn of(event: &str) -> Vec<Ending> {
        let document = Json::read(event).expect("JSON");
        let found = outcomes(&document, &Bump::new());
        assert!(
            found
                .iter()
                .all(|one| Some(one.request_id) == RequestId::parse(ID))
        );
        found.into_iter().map(|one| one.ending).collect()
    }

    #[test]
    fn the_record_for_a_destination_is_read_however_it_came() {
        let record = format!(
            r#"{{"version":"1.0","requestContext":{{"requestId":"{ID}","functionArn":"arn:aws:lambda:eu-west-1:1:function:f:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":3}},"requestPayload":{{}},"responsePayload":{{"errorMessage":"boom"}}}}"#
        );
        let text = format!("{record:?}");
        let ways = [
            record.clone(),
            format!(
                r#"{{"detail-type":"Lambda Function Invocation Result - Failure","source":"lambda","id":"e","detail":{record}}}"#
            ),
            format!(r#"{{"Records":[{{"eventSource":"aws:sqs","messageId":"m","body":{text}}}]}}"#),
            format!(
                r#"{{"Records":[{{"EventSource":"aws:sns","Sns":{{"MessageId":"m","Message":{text}}}}}]}}"#
            ),
        ];
        for way in ways {
            assert_eq!(of(&way), [Ending::RetriesExhausted], "{way}");
        }
        assert_eq!(
            of(&record.replace("RetriesExhausted", "Success")),
            [Ending::Succeeded]
        );
        let aged = record.replace("RetriesExhausted", "EventAgeExceeded");
        assert_eq!(of(&aged), [Ending::EventAgeExceeded]);
        assert_eq!(of(&record.replace("RetriesExhausted", "Unheard of")), []);
    }

    #[test]
    fn a_dead_letter_names_its_request() {
        let sqs = format!(
            r#"{{"Records":[{{"eventSource":"aws:sqs","messageId":"m","body":"x","messageAttributes":{{"RequestID":{{"stringValue":"{ID}","dataType":"String"}},"ErrorCode":{{"stringValue":"200","dataType":"Number"}},"ErrorMessage":{{"stringValue":"boom"}}}}}}]}}"#
        );
        let sns = format!(
            r#"{{"Records":[{{"EventSource":"aws:sns","Sns":{{"MessageId":"m","Message":"x","MessageAttributes":{{"RequestID":{{"Type":"String","Value":"{ID}"}},"ErrorCode":{{"Type":"Number","Value":"200"}}}}}}}}]}}"#
        );
        assert_eq!(of(&sqs), [Ending::DeadLetter]);
        assert_eq!(of(&sns), [Ending::DeadLetter]);
        // An attribute of the application's own that is called like this says nothing.
        assert_eq!(of(&sqs.replace("ErrorCode", "Other")), []);
    }
}
