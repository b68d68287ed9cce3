//! The short name of an AWS service, however a client, an exception or a span writes it.

use super::words::behind;

/// Names that are not the one by which ARNs know the service, without spaces and marks, in lower case.
const ALIASES: [(&str, &str); 14] = [
    ("awslambda", "lambda"),
    ("amazondynamodbv2", "dynamodb"),
    ("dynamodbv2", "dynamodb"),
    ("amazonkinesis", "kinesis"),
    ("amazonsqs", "sqs"),
    ("simplenotificationservice", "sns"),
    ("simplesystemsmanagement", "ssm"),
    ("simpletokenservice", "sts"),
    ("securitytoken", "sts"),
    ("keymanagementservice", "kms"),
    ("eventbridge", "events"),
    ("sfn", "states"),
    ("stepfunctions", "states"),
    ("bedrockruntime", "bedrock"),
];

/// What stands before the name of a service in what SDKs print: Java, Go, JavaScript, Java's and Ruby's and .NET's classes.
const LEADS: [&str; 7] = [
    "(Service: ",
    "operation error ",
    "@aws-sdk/client-",
    "awssdk.services.",
    "amazonaws.services.",
    "Aws::",
    "Amazon.",
];
/// Services whose name alone, in a message, is that of what was called.
const NAMED_IN_PROSE: [&str; 5] = ["lambda", "dynamodb", "kinesis", "sqs", "kms"];
/// .NET's own classes around a failure name no service.
const NO_SERVICES: [&str; 2] = ["runtime", "lambdaruntime"];

/// `ssm` of `SimpleSystemsManagement`, `bedrock` of `Bedrock Runtime`.
pub(super) fn short_name(written: &str) -> String {
    let letters = written.chars().filter(char::is_ascii_alphanumeric);
    let plain: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    match ALIASES.iter().find(|(alias, _)| *alias == plain) {
        Some((_, name)) => (*name).to_owned(),
        None => plain,
    }
}

/// The service whose client speaks in a text.
pub(super) fn of_client(text: &str) -> Option<String> {
    LEADS.iter().find_map(|lead| {
        let rest = behind(text, lead)?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ' ' | '-')));
        let name = short_name(&rest[..end?]);
        (!name.is_empty() && !NO_SERVICES.contains(&name.as_str())).then_some(name)
    })
}

/// The service that a word of a message names, of those whose clients name it in prose.
pub(super) fn in_prose(word: &str) -> Option<&'static str> {
    let name = short_name(word);
    NAMED_IN_PROSE.into_iter().find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_names_a_service_however_it_is_written() {
        for word in ["DynamoDB", "DynamoDb", "dynamodbv2", "AmazonDynamoDBv2"] {
            assert_eq!(in_prose(word), Some("dynamodb"), "{word}");
        }
        assert_eq!(in_prose("AWSLambda"), Some("lambda"));
        assert_eq!(in_prose("AmazonKinesis"), Some("kinesis"));
        assert_eq!(
            (in_prose("KMS"), in_prose("SQS")),
            (Some("kms"), Some("sqs"))
        );
        // A word that means something else, too.
        assert_eq!((in_prose("events"), in_prose("states")), (None, None));
    }

    #[test]
    fn every_sdk_names_the_service_of_its_client() {
        for (text, service) in [
            ("Rate exceeded (Service: Ssm, Status Code: 400)", "ssm"),
            ("(Service: AmazonDynamoDBv2; Status Code: 400)", "dynamodb"),
            (
                "operation error Bedrock Runtime: InvokeModel, exceeded",
                "bedrock",
            ),
            ("operation error SFN: StartExecution", "states"),
            (
                "at de_E (/var/task/node_modules/@aws-sdk/client-bedrock-runtime/dist-cjs/index.js:1:1)",
                "bedrock",
            ),
            (
                "software.amazon.awssdk.services.sfn.model.SfnException: no",
                "states",
            ),
            (
                "Aws::SecretsManager::Errors::ThrottlingException",
                "secretsmanager",
            ),
            (
                "Amazon.SimpleSystemsManagement.AmazonSimpleSystemsManagementException: no",
                "ssm",
            ),
        ] {
            assert_eq!(of_client(text).as_deref(), Some(service), "{text}");
        }
        for text in [
            "Amazon.Runtime.Internal.HttpErrorResponseException",
            "Amazon. ",
            "Rate exceeded",
        ] {
            assert_eq!(of_client(text), None, "{text}");
        }
    }
}
