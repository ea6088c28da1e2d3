internal import Commands
internal import JSON
internal import Rollouts

struct PolicyCommand: Command {
  static let name = "policy"
  static let summary = "Write the policies of IAM that a playbook needs."
  static let discussion = """
    There are three: 'plan' looks at all that the playbook names, 'apply' runs and takes back its \
    steps, 'destroy' runs those that cannot be taken back. They hold for both directions. What \
    only the run will name is '*'; what cannot be known is said on standard error. Nothing \
    outside is touched.
    """
  static let fields: [Field<Self>] =
    [
      .positional("playbook", \.playbook, "The playbook file (JSON5).", completes: .files),
      .option("role", \.role, "role", "Write this one's policy alone."),
      .option(
        "of", \.owner, "name",
        "The profile or role, named by resources, whose policies are meant; else the standard ones."
      ),
      .flag("json", \.isJSON, "All of it as one JSON object in a line, with what is not known."),
    ] + Field.shared(\.parameters, ParameterOptions.fields)
  static let examples = [
    Example("cutover policy playbooks/vams/ab-cloudfront.json5", "Writes the three policies."),
    Example(
      "cutover policy p.json5 --role plan > plan-policy.json",
      "Writes one, as 'aws iam put-role-policy --policy-document file://plan-policy.json' takes it."
    ),
  ]
  static let seeAlso = ["plan", "providers"]

  var playbook = ""
  var role: PolicyRole?
  var owner: String?
  var isJSON = false
  var parameters = ParameterOptions()

  func problem() -> String? {
    isJSON && (role != nil || owner != nil)
      ? "--json writes all policies: leave it out, or --role and --of" : nil
  }

  func run(in context: Context) async throws -> Int32 {
    let read = try ReadPlaybook.read(playbook, parameters, context)
    let rights = PlaybookRights(read.playbook, context.wiring)
    let policies = PlaybookPolicies(rights)
    if isJSON {
      var value = policies.json
      value["notes"] = .array(rights.notes.map { .string($0) })
      context.console.write(value.text + "\n")
      return ExitCode.done.rawValue
    }
    var notes = rights.notes
    if role != nil || owner != nil {
      guard let chosen = policies.holders.first(where: { Self.names($0.credentials, owner) }) else {
        throw Refusal(
          .badInput, "\(playbook) reaches nothing with the credentials '\(owner ?? "standard")'",
          hint: "Run 'cutover policy \(playbook)' to see whose it takes.")
      }
      context.console.write(try text(of: chosen) + "\n")
    } else {
      context.console.write(policies.json.pretty() + "\n")
    }
    for holder in policies.holders {
      for role in PolicyRole.allCases where holder[role].isTooLong {
        notes.append(
          "the policy '\(role.rawValue)' of \(holder.credentials.title) is longer than the "
            + "\(PolicyDocument.lengthMax) characters that a role takes: split it up")
      }
    }
    context.console.complain(notes.map { "\("note:", .warning) \($0)" })
    return ExitCode.done.rawValue
  }

  private func text(of holder: PlaybookPolicies.Holder) throws -> String {
    guard let role else { return holder.json.pretty() }
    guard !holder[role].isEmpty else {
      throw Refusal(
        .badInput, "\(playbook) takes no rights for '\(role.rawValue)'",
        hint: "There is no policy to be made.")
    }
    return holder[role].json.pretty()
  }

  private static func names(_ credentials: RightNeed.Credentials, _ owner: String?) -> Bool {
    guard let owner else { return credentials.isStandard }
    return (credentials.role ?? credentials.profile)?.utf8.elementsEqual(owner.utf8) == true
  }
}
