import JSON
import Resources

/// Flattens JSON into the parameters of the query protocol and of EC2.
///
/// Lists become `Name.member.1`, or `Name.1` for EC2; where a service calls the items of a list
/// otherwise (`Tags.Tag.1`), the table below says so. Objects become `Name.Inner`, and maps
/// `Name.entry.1.key`. A key that already is a flat name, as in the API reference of a service, is
/// passed on as it stands. Source: the awsQuery and ec2Query protocols of Smithy 2.0.
struct QueryForm {
  private let service: String
  private let isEC2: Bool
  private var pairs: [(String, String)] = []

  /// The parameters of an input, which must be an object.
  static func pairs(
    _ input: JSONValue, _ known: KnownService
  ) throws(Failure) -> [(String, String)] {
    var form = QueryForm(service: known.service.name, isEC2: known.isEC2)
    guard let members = input.members else {
      throw .permanent(
        "the input of \(known.service.name) is \(input.noun), not an object",
        hint: "Write it as { Name: value }.")
    }
    for member in members { form.add(member.value, as: member.name, name: member.name) }
    return form.pairs
  }

  private init(service: String, isEC2: Bool) {
    self.service = service
    self.isEC2 = isEC2
  }

  private mutating func add(_ value: JSONValue, as path: String, name: String) {
    switch value {
    case .null: break
    case .bool(let flag): pairs.append((path, flag ? "true" : "false"))
    case .number(let text), .string(let text): pairs.append((path, text))
    case .array(let elements):
      // An empty list is sent as its bare name.
      if elements.isEmpty, !isEC2 { pairs.append((path, "")) }
      let item = isEC2 ? nil : itemName(of: name)
      let base = item.map { $0.isEmpty ? path : "\(path).\($0)" } ?? path
      for (index, element) in elements.enumerated() {
        add(element, as: "\(base).\(index + 1)", name: name)
      }
    case .object(let members):
      if let names = mapNames(of: name) {
        for (index, member) in members.enumerated() {
          let entry = "\(path).entry.\(index + 1)"
          pairs.append(("\(entry).\(names.key)", member.name))
          add(member.value, as: "\(entry).\(names.value)", name: "")
        }
      } else {
        for member in members { add(member.value, as: "\(path).\(member.name)", name: member.name) }
      }
    }
  }

  /// How the service calls an item of the list; empty for lists without a name between.
  private func itemName(of list: String) -> String {
    if service == "sdb" { return "" }
    return Self.items[service]?[list] ?? "member"
  }

  /// How keys and values of a map are called; nil for structures.
  private func mapNames(of member: String) -> (key: String, value: String)? {
    switch (service, member) {
    case ("sns", "MessageAttributes"): ("Name", "Value")
    case ("sns", "Attributes"), ("sns", "attributes"), ("cloudformation", "ResourceIdentifier"),
      ("cloudwatch", "Attributes"), ("cloudwatch", "KeyAttributes"),
      ("iam", "ReplacementValues"), ("iam", "Properties"),
      ("elbv2", "AuthenticationRequestExtraParams"), ("rds", "AdditionalEncryptionContext"),
      ("redshift", "AdditionalEncryptionContext"):
      ("key", "value")
    case _: nil
    }
  }

  private static let databases = [
    "Tags": "Tag", "TagSpecifications": "item", "AvailabilityZones": "AvailabilityZone",
    "TargetResourceConfigurations": "TargetResourceConfiguration",
    "VpcSecurityGroupIds": "VpcSecurityGroupId", "AssociatedRoles": "DBClusterAssociatedRole",
    "DBSecurityGroups": "DBSecurityGroupName", "ProcessorFeatures": "ProcessorFeature",
    "SubnetIds": "SubnetIdentifier", "EventCategories": "EventCategory", "SourceIds": "SourceId",
    "Filters": "Filter", "Values": "Value", "Parameters": "Parameter",
    "ValuesToAdd": "AttributeValue", "ValuesToRemove": "AttributeValue",
    "OptionsToInclude": "OptionConfiguration",
    "DBSecurityGroupMemberships": "DBSecurityGroupName",
    "VpcSecurityGroupMemberships": "VpcSecurityGroupId", "OptionSettings": "OptionSetting",
  ]

  /// Names of list items that are not `member`, by service and list.
  ///
  /// Where one list has several, the most common. Source: the models in botocore.
  private static let items: [String: [String: String]] = [
    "autoscaling": ["References": "item"],
    "rds": databases, "docdb": databases, "neptune": databases,
    "elasticache": [
      "Tags": "Tag", "PreferredAvailabilityZones": "PreferredAvailabilityZone",
      "CacheSecurityGroupNames": "CacheSecurityGroupName", "SecurityGroupIds": "SecurityGroupId",
      "SnapshotArns": "SnapshotArn", "PreferredOutpostArns": "PreferredOutpostArn",
      "LogDeliveryConfigurations": "LogDeliveryConfigurationRequest",
      "SubnetIds": "SubnetIdentifier", "PreferredCacheClusterAZs": "AvailabilityZone",
      "NodeGroupConfiguration": "NodeGroupConfiguration",
      "ReplicaAvailabilityZones": "AvailabilityZone", "ReplicaOutpostArns": "OutpostArn",
      "SnapshotArnsToRestore": "SnapshotArn", "GlobalNodeGroupsToRemove": "GlobalNodeGroupId",
      "GlobalNodeGroupsToRetain": "GlobalNodeGroupId", "ReplicaConfiguration": "ConfigureShard",
      "RegionalConfigurations": "RegionalConfiguration",
      "ReshardingConfiguration": "ReshardingConfiguration", "CacheNodeIdsToRemove": "CacheNodeId",
      "NewAvailabilityZones": "PreferredAvailabilityZone",
      "ParameterNameValues": "ParameterNameValue", "NodeGroupsToRemove": "NodeGroupToRemove",
      "NodeGroupsToRetain": "NodeGroupToRetain", "CacheNodeIdsToReboot": "CacheNodeId",
    ],
    "redshift": [
      "VpcIds": "VpcIdentifier", "Identifiers": "DeleteClusterSnapshotMessage",
      "SnapshotIdentifierList": "String", "ClusterSecurityGroups": "ClusterSecurityGroupName",
      "VpcSecurityGroupIds": "VpcSecurityGroupId", "Tags": "Tag", "IamRoles": "IamRoleArn",
      "SubnetIds": "SubnetIdentifier", "SourceIds": "SourceId",
      "EventCategories": "EventCategory", "TagList": "Tag", "SsoTagKeys": "TagKey",
      "ScheduleDefinitions": "ScheduleDefinition", "TagKeys": "TagKey",
      "AttributeNames": "AttributeName", "TagValues": "TagValue",
      "SortingEntities": "SnapshotSortingEntity", "Filters": "ScheduledActionFilter",
      "Values": "item", "DbGroups": "DbGroup", "ClusterIds": "ClusterIdentifier",
      "AddIamRoles": "IamRoleArn", "RemoveIamRoles": "IamRoleArn", "Parameters": "Parameter",
    ],
  ]
}
