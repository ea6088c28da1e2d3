/// The region that a command works in.
enum NamedRegion {
  /// What was said, else what the environment says; throws if nobody says anything.
  static func find(_ said: String?, _ wiring: Wiring, hint: String) throws -> String {
    let names = [said, wiring.environment["AWS_REGION"], wiring.environment["AWS_DEFAULT_REGION"]]
    guard let region = names.compactMap({ $0 }).first(where: { !$0.isEmpty }) else {
      throw Refusal(.badInput, "no region is named", hint: hint)
    }
    return region
  }
}
