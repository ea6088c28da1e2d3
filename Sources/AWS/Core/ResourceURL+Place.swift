package import Resources

extension ResourceURL {
  /// Region and credentials of a URL whose authority is a region: `dynamodb://us-east-1/orders`.
  package var regionalPlace: CloudPlace {
    CloudPlace(
      region: authority.isEmpty ? nil : authority, profile: parameter("profile"),
      role: parameter("role"))
  }

  /// Region and credentials of a URL whose authority is a name: `s3://bucket?region=us-east-1`.
  package var namedPlace: CloudPlace {
    CloudPlace(
      region: parameter("region"), profile: parameter("profile"), role: parameter("role"))
  }
}

extension Provider.Parameter {
  /// What every resource of AWS may say about credentials.
  package static let credentials: [Provider.Parameter] = [
    Provider.Parameter("profile", "The profile of the AWS configuration to use."),
    Provider.Parameter("role", "The ARN of a role to take on."),
  ]

  static let region = Provider.Parameter(
    "region", "The region; without it the one of the profile or of AWS_REGION.")
}
