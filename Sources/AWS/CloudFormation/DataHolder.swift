/// The types of resources that hold what nothing else could bring back.
enum DataHolder {
  private static let types: Set<String> = [
    "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket",
    "AWS::Cognito::UserPool", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster",
    "AWS::DocDB::DBCluster", "AWS::Neptune::DBCluster", "AWS::EFS::FileSystem",
    "AWS::FSx::FileSystem", "AWS::EC2::Volume", "AWS::KMS::Key", "AWS::KMS::ReplicaKey",
    "AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain",
    "AWS::OpenSearchServerless::Collection", "AWS::SecretsManager::Secret",
    "AWS::Kinesis::Stream", "AWS::Timestream::Table", "AWS::Redshift::Cluster",
    "AWS::ElastiCache::ReplicationGroup", "AWS::Logs::LogGroup", "AWS::ECR::Repository",
  ]

  /// Lost often and by intent; asking each time would teach people to agree to anything.
  private static let unasked: Set<String> = ["AWS::Logs::LogGroup", "AWS::SecretsManager::Secret"]

  static func holdsData(_ type: String) -> Bool { types.contains(type) }

  /// Whether a deployment that takes it away needs somebody's word.
  static func needsAllowance(_ type: String) -> Bool {
    types.contains(type) && !unasked.contains(type)
  }
}
