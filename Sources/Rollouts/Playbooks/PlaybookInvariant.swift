package import JSON

/// Something that must hold before and after steps that name it.
package struct PlaybookInvariant: Sendable {
  package let name: String
  /// The action that looks.
  package let uses: String
  /// With references unresolved.
  package let input: JSONValue
  let fields: [InputField]
}
