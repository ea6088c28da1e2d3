package import Resources

/// One row of an action's input table.
///
/// The playbook check, the help, the JSON Schema and the completions are read off these rows, so
/// they cannot disagree. An action's `Input` decodes exactly the names that stand here.
package struct InputField: Sendable {
  package indirect enum Kind: Sendable {
    case string
    /// Text in which `${secret:…}` may stand; revealed by the action when used.
    case secretText
    /// A path or URL; a path that is relative counts from the folder of the playbook's file.
    case path
    case integer(ClosedRange<Int>)
    case boolean
    /// `500ms`, `90s`, `15m`, `36h`, `2w` or a sum such as `1h30m`; decoded as ``PlaybookDuration``.
    case duration
    /// RFC 3339, such as `2026-11-21T03:00:00Z`.
    case moment
    case resource(ResourceKind)
    case choice([String])
    case list(Kind)
    /// Names of the author's own with values of one kind.
    case map(Kind)
    case object([InputField])
    /// The id of another step of the playbook.
    case step
    /// Any JSON.
    case any
    /// Any JSON in whose texts `${secret:…}` may stand; revealed by the action when used.
    case secretAny
  }

  package let name: String
  package let kind: Kind
  package let isRequired: Bool
  /// As it would be written in a playbook; nil when leaving it out has a meaning of its own.
  package let fallback: String?
  /// One sentence with a full stop.
  package let help: String
  /// What the action does with the resources that stand here, for the rights that it takes.
  package let uses: [ResourceUse]

  package static func required(
    _ name: String, _ kind: Kind, _ help: String, uses: [ResourceUse] = [.look]
  ) -> InputField {
    InputField(name: name, kind: kind, isRequired: true, fallback: nil, help: help, uses: uses)
  }

  package static func optional(
    _ name: String, _ kind: Kind, _ help: String, default fallback: String? = nil,
    uses: [ResourceUse] = [.look]
  ) -> InputField {
    InputField(
      name: name, kind: kind, isRequired: false, fallback: fallback, help: help, uses: uses)
  }
}
