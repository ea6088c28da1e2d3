/// How one AWS service is addressed and spoken to.
///
/// Source: the `metadata` of each service's model in botocore.
package struct AWSService: Sendable, Hashable {
  package enum Dialect: Sendable, Hashable {
    /// `X-Amz-Target: prefix.Operation` with a JSON body.
    case json(version: String, target: String)
    /// `Action=…&Version=…` as a form, XML back.
    case query(version: String)
    /// Method and path, JSON both ways.
    case restJSON
    /// Method and path, XML both ways.
    case restXML
  }

  /// As the command-line tool of AWS names it, such as `cognito-idp`; also what
  /// `AWS_ENDPOINT_URL_…` is made of.
  package let name: String
  /// The first label of its host names.
  package let endpointPrefix: String
  package let signingName: String
  package let dialect: Dialect
  /// Has one endpoint for a whole partition.
  package let isGlobal: Bool

  package init(
    _ name: String, endpoint: String? = nil, signing: String? = nil, _ dialect: Dialect,
    isGlobal: Bool = false
  ) {
    self.name = name
    endpointPrefix = endpoint ?? name
    signingName = signing ?? endpoint ?? name
    self.dialect = dialect
    self.isGlobal = isGlobal
  }
}

extension AWSService {
  package static let dynamodb = AWSService(
    "dynamodb", .json(version: "1.0", target: "DynamoDB_20120810"))
  package static let s3 = AWSService("s3", .restXML)
  package static let cognito = AWSService(
    "cognito-idp", .json(version: "1.1", target: "AWSCognitoIdentityProviderService"))
  package static let route53 = AWSService("route53", .restXML, isGlobal: true)
  package static let cloudformation = AWSService("cloudformation", .query(version: "2010-05-15"))
  package static let lambda = AWSService("lambda", .restJSON)
  package static let sqs = AWSService("sqs", .json(version: "1.0", target: "AmazonSQS"))
  package static let cloudwatch = AWSService(
    "cloudwatch", endpoint: "monitoring", .query(version: "2010-08-01"))
  package static let ssm = AWSService("ssm", .json(version: "1.1", target: "AmazonSSM"))
  package static let secretsManager = AWSService(
    "secretsmanager", .json(version: "1.1", target: "secretsmanager"))
  package static let sns = AWSService("sns", .query(version: "2010-03-31"))
  package static let sts = AWSService("sts", .query(version: "2011-06-15"))
  package static let iam = AWSService("iam", .query(version: "2010-05-08"), isGlobal: true)
}
