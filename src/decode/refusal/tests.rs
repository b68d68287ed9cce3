use super::*;

const CALL: &str = "3a8f8e4a-2c7d-4864-8e7b-fd17652b11a2";

/// Resource, reason, request id of the call, attempts.
type Shown = Option<(Option<String>, Option<String>, Option<String>, u16)>;

fn of_text(text: &str) -> Shown {
    let mut refusing = Refusing::default();
    refusing.text(text, Some("me"));
    shown(refusing)
}

fn shown(refusing: Refusing) -> Shown {
    let mut symbols = Symbols::default();
    let refusal = refusing.finish(None, &mut symbols)?;
    let text = |sym: Option<crate::model::symbols::Sym>| sym.map(|sym| symbols.get(sym).to_owned());
    Some((
        text(refusal.resource),
        text(refusal.reason),
        text(refusal.aws_request_id),
        refusal.attempts,
    ))
}

#[test]
fn the_words_of_every_sdk_are_known() {
    for (text, resource, id, attempts) in [
        (
            "Invoke of stock-service failed: An error occurred (TooManyRequestsException) when calling the Invoke operation \
             (reached max retries: 4): Rate Exceeded. awsRequestId=3a8f8e4a-2c7d-4864-8e7b-fd17652b11a2"
                .to_owned(),
            Some("lambda:stock-service"),
            Some(CALL),
            5,
        ),
        (
            format!("com.amazonaws.services.lambda.model.TooManyRequestsException: Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: {CALL}; Proxy: null)"),
            Some("lambda"),
            Some(CALL),
            1,
        ),
        (
            format!("operation error DynamoDB: PutItem, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: {CALL}, ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded"),
            Some("dynamodb"),
            Some(CALL),
            3,
        ),
        ("PutItem on orders-table failed: ThrottlingException: slow".into(), Some("dynamodb:orders-table"), None, 1),
        ("Throughput exceeds the current capacity for table carts".into(), Some("dynamodb:carts"), None, 1),
        ("SlowDown: Please reduce your request rate.".into(), Some("s3"), None, 1),
        ("Rate exceeded for shard shardId-0 in stream clicks under account 1".into(), Some("kinesis:clicks"), None, 1),
        ("Request failed with status code 429".into(), None, None, 1),
        (
            "An error occurred (ThrottlingException) when calling the GetParametersByPath operation (reached max retries: 2): Rate exceeded".into(),
            Some("ssm"),
            None,
            3,
        ),
        (
            "An error occurred (TooManyRequestsException) when calling the AdminGetUser operation: Rate exceeded".into(),
            None,
            None,
            1,
        ),
        (
            "ThrottlingException: Too many requests\n    at de_ThrottlingExceptionRes (/var/task/node_modules/@aws-sdk/client-bedrock-runtime/dist-cjs/index.js:1:1)".into(),
            Some("bedrock"),
            None,
            1,
        ),
        (
            "An error occurred (TransactionCanceledException) when calling the TransactWriteItems operation: Transaction cancelled, please refer \
             cancellation reasons for specific reasons [ThrottlingError, None]"
                .into(),
            Some("dynamodb"),
            None,
            1,
        ),
        (
            "ThrottlingException of arn:aws:dynamodb:eu-west-1:1:table/baskets\n    at write".into(),
            Some("dynamodb:baskets"),
            None,
            1,
        ),
        ("TooManyRequestsException: Rate Exceeded. functionName=me functionName=stock-service".into(), Some("lambda:stock-service"), None, 1),
        ("Invoke of stock-service:live failed: TooManyRequestsException".into(), Some("lambda:stock-service"), None, 1),
        ("RequestThrottled QueueUrl=https://sqs.eu-west-1.amazonaws.com/1/orders".into(), Some("sqs:orders"), None, 1),
        ("ProvisionedThroughputExceededException tableName=carts".into(), Some("dynamodb:carts"), None, 1),
        ("#<Aws::Lambda::Errors::TooManyRequestsException: Rate Exceeded.>".into(), Some("lambda"), None, 1),
        (
            "denied by arn:aws:dynamodb:eu-west-1:1:table/baskets: RequestLimitExceeded".into(),
            Some("dynamodb:baskets"),
            None,
            1,
        ),
    ] {
        let (found, _, found_id, found_attempts) = of_text(&text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(found.as_deref(), resource, "{text}");
        assert_eq!((found_id.as_deref(), found_attempts), (id, attempts), "{text}");
    }
}

#[test]
fn prose_of_limits_and_conflicts_is_no_refusal() {
    for text in [
        "Throttling is configured to 100 requests per second",
        "TransactionInProgressException: try again",
        "CodeStorageExceededException",
        "took 429 ms",
        "LimitExceededException: too many tables",
        "MessageId=429",
    ] {
        assert_eq!(of_text(text), None, "{text}");
    }
}

#[test]
fn an_error_object_gives_reason_target_and_call() {
    let line = format!(
        r#"{{"error":{{"name":"TooManyRequestsException","Reason":"ReservedFunctionConcurrentInvocationLimitExceeded",
        "$metadata":{{"httpStatusCode":429,"requestId":"{CALL}","attempts":3}}}},"functionName":"stock-service","function_name":"me"}}"#
    );
    let json = Json::read(&line).expect("valid");
    let mut refusing = Refusing::default();
    let error = json.get("error").expect("there");
    for object in [&json, error, error.get("$metadata").expect("there")] {
        refusing.object(object, Some("me"));
    }
    assert_eq!(
        shown(refusing),
        Some((
            Some("lambda:stock-service".into()),
            Some("ReservedFunctionConcurrentInvocationLimitExceeded".into()),
            Some(CALL.into()),
            3
        ))
    );
}

#[test]
fn dynamodb_says_which_limit_of_which_table() {
    let json = Json::read(
        r#"{"reason":"TableWriteKeyRangeThroughputExceeded","resource":"arn:aws:dynamodb:eu-west-1:1:table/carts"}"#,
    )
    .expect("valid");
    let mut refusing = Refusing::default();
    refusing.text("ThrottlingException", None);
    refusing.object(&json, None);
    let (resource, reason, ..) = shown(refusing).expect("refused");
    assert_eq!(resource.as_deref(), Some("dynamodb:carts"));
    assert_eq!(
        reason.as_deref(),
        Some("TableWriteKeyRangeThroughputExceeded")
    );
}

#[test]
fn a_429_counts_inside_an_error_only() {
    let json = Json::read(r#"{"statusCode":429}"#).expect("valid");
    let mut response = Refusing::default();
    response.object(&json, None);
    assert_eq!(shown(response), None, "a function may answer 429 itself");
    let mut error = Refusing::default();
    error.error_object(&json);
    assert_eq!(shown(error), Some((None, None, None, 1)));
}

/// All codes of services that refuse for load, as an SDK prints them; what refused where the code alone tells.
#[test]
fn every_code_is_a_refusal() {
    for (code, resource) in [
        ("TooManyRequestsException", Some("lambda")),
        ("ThrottlingException", None),
        ("ThrottledException", None),
        ("RequestThrottled", None),
        ("RequestThrottledException", None),
        ("RequestLimitExceeded", None),
        ("ProvisionedThroughputExceededException", Some("dynamodb")),
        ("BandwidthLimitExceeded", None),
        ("SlowDown", Some("s3")),
        ("PriorRequestNotComplete", None),
        ("EC2ThrottledException", None),
    ] {
        let (found, ..) = of_text(&format!("call failed: {code}: again later")).expect(code);
        assert_eq!(found.as_deref(), resource, "{code}");
    }
}

/// All reasons that Lambda gives beside a 429.
#[test]
fn every_reason_of_lambda_is_kept() {
    for reason in [
        "ConcurrentInvocationLimitExceeded",
        "FunctionInvocationRateLimitExceeded",
        "ReservedFunctionConcurrentInvocationLimitExceeded",
        "ReservedFunctionInvocationRateLimitExceeded",
        "CallerRateLimitExceeded",
        "ConcurrentSnapshotCreateLimitExceeded",
    ] {
        let line = format!(
            r#"{{"errorType":"TooManyRequestsException","Reason":"{reason}","functionName":"stock"}}"#
        );
        let mut refusing = Refusing::default();
        refusing.object(&Json::read(&line).expect("valid"), None);
        let (resource, found, ..) = shown(refusing).expect(reason);
        assert_eq!(resource.as_deref(), Some("lambda:stock"));
        assert_eq!(found.as_deref(), Some(reason));
    }
}

#[test]
fn what_is_looked_for_in_prose_only_is_prose() {
    for text in PHRASES.iter().chain(&LEADS).chain(&[RETRIES, ATTEMPTS]) {
        assert!(is_prose(text), "{text}");
    }
    assert!(LEADS.iter().all(|lead| lead.contains(IN_LEADS)));
}
