/// A migration of VAMS that is shipped as a playbook, and what its old script was told by.
///
/// A row of `migrations.json` beside the playbooks: each key of the old configuration file says
/// which parameter of the playbook it sets, and each parameter how it is found if nobody gives it.
struct VAMSMigration: Sendable, Decodable {
  /// What a key of the old file holds.
  enum Kind: String, Sendable, Decodable {
    case text
    case flag
    /// A flag whose parameter says "yes" or "no".
    case yes
    /// A whole number from 0; of `limit`, 0 means none.
    case count
  }

  /// A key of the old file; one without a parameter is read by the command itself, or has no use.
  struct Key: Sendable, Decodable {
    let name: String
    var parameter: String?
    var kind = Kind.text

    private enum CodingKeys: String, CodingKey {
      case name = "key"
      case parameter
      case kind
    }

    init(_ name: String, _ kind: Kind = .text) {
      self.name = name
      self.kind = kind
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decode(String.self, forKey: .name)
      parameter = try values.decodeIfPresent(String.self, forKey: .parameter)
      kind = try values.decodeIfPresent(Kind.self, forKey: .kind) ?? .text
    }
  }

  /// How a parameter that nobody gives is found in the stack.
  enum Source: Sendable {
    /// The table of a construct.
    case table(String)
    /// The value of an output, of nested stacks too.
    case output(String)
    /// The queue whose name ends so.
    case queue(suffix: String)
    /// What is of one of these types.
    case resource([String])
  }

  struct Place: Sendable, Decodable {
    let parameter: String
    let source: Source
    /// Whether its steps are left out, as the old script did, when nobody gives it.
    let isOptional: Bool

    private enum CodingKeys: String, CodingKey {
      case parameter
      case table
      case output
      case queue
      case resource
      case optional
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      parameter = try values.decode(String.self, forKey: .parameter)
      isOptional = try values.decodeIfPresent(Bool.self, forKey: .optional) ?? false
      if let types = try values.decodeIfPresent([String].self, forKey: .resource) {
        source = .resource(types)
      } else if let output = try values.decodeIfPresent(String.self, forKey: .output) {
        source = .output(output)
      } else if let suffix = try values.decodeIfPresent(String.self, forKey: .queue) {
        source = .queue(suffix: suffix)
      } else {
        source = .table(try values.decode(String.self, forKey: .table))
      }
    }
  }

  /// Whose checks `--report` makes.
  enum Report: String, Sendable, Decodable {
    case later = "2.2"
    case draft
  }

  /// Tells a release from the one before it, for `detect`.
  struct Evidence: Sendable, Decodable {
    /// The release that the migration leads to.
    let release: String
    /// Constructs of a table before it and of the one that its items move to.
    let moved: [Move]

    struct Move: Sendable, Decodable {
      let from: String
      let to: String
    }
  }

  let name: String
  let summary: String
  let config: [Key]
  let find: [Place]
  /// Parameters that are no places and have no default: each must be given.
  let required: [String]?
  /// Whether a dry run asks the function for one too; others leave their invocations out.
  let dryRunInvokes: Bool?
  let report: Report?
  let evidence: Evidence?

  var file: String { "\(name).json5" }

  /// The keys that every script has.
  private static let shared = [
    Key("aws_profile"), Key("aws_region"), Key("log_level"), Key("batch_size", .count),
    Key("dry_run", .flag), Key("limit", .count),
  ]

  var allKeys: [Key] { config + Self.shared }

  /// Every parameter of the playbook that the row speaks of.
  var parameters: [String] {
    config.compactMap(\.parameter) + find.map(\.parameter) + (required ?? [])
  }
}
