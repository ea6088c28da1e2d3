package import Resources

/// The providers of this target.
package enum AWSProviders {
  package static func all(in session: AWSSession) -> [Provider] {
    [
      .cloudformation(session),
      .s3(session),
      .cognito(in: session),
      .route53(in: session),
      .dynamodb(in: session),
      .dynamoValues(in: session),
      .parameterValues(in: session),
    ]
  }
}
