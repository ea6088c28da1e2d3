import JSON
package import Resources

/// One thing that a step may do outside, as far as rights go.
package enum StepRight: Sendable, Hashable {
  case use(ResourceURL, ResourceUse)
  /// A use of a store of values, whose URL may look like that of a table.
  case values(ResourceURL, ResourceUse)
  /// A use that planning makes too; a look is one without being called so.
  case planned(ResourceURL, ResourceUse)
  /// Those that change nothing are part of planning.
  case special(ResourceURL, SpecialUse)
  /// Operations of the resource's own service, by its names, on what a look at it touches.
  case operations(ResourceURL, [String], isPlanned: Bool = false)
  case call(CloudUse)
  /// A call that looks, also while the step is planned.
  case look(CloudUse)
  /// Texts whose secrets planning reveals too.
  case reveal([String])
  /// Something that only the run will name; says what.
  case unknown(String)

  /// The scheme that stands for a resource which only the run will name.
  private static let unknownScheme = "output"

  /// The uses of every resource that stands in an input, field by field.
  static func all(in input: JSONValue, fields: [InputField]) -> [StepRight] {
    fields.flatMap { field in
      input[field.name].map { rights(of: $0, field.kind, field) } ?? []
    }
  }

  private static func rights(
    of value: JSONValue, _ kind: InputField.Kind, _ field: InputField
  ) -> [StepRight] {
    switch kind {
    case .resource(let kind):
      guard let text = value.string, let url = try? ResourceURL(text) else { return [] }
      if url.scheme == unknownScheme { return [.unknown("the \(field.name) of the step")] }
      return field.uses.map { kind == .values ? .values(url, $0) : .use(url, $0) }
    case .list(let kind):
      return (value.elements ?? []).flatMap { rights(of: $0, kind, field) }
    case .map(let kind):
      return (value.members ?? []).flatMap { rights(of: $0.value, kind, field) }
    case .object(let fields): return all(in: value, fields: fields)
    case .string, .secretText, .path, .integer, .boolean, .duration, .moment, .choice, .step, .any,
      .secretAny:
      return []
    }
  }
}
