/// What differs between an instance and what a template asks for, a line each.
enum StackChanges {
  private static let valueLengthMax = 60

  static func start(_ service: ServiceDefinition) -> String {
    let ports = service.ports.map { " on port \($0)" }.joined(separator: ",")
    return "start \(service.name)\(ports): \(shortened(service.command.joined(separator: " ")))"
  }

  static func lines(from record: StackRecord, to wanted: StackRecord) -> [String] {
    var lines: [String] = []
    if record.files != wanted.files {
      lines.append("replace the template's files by those of \(wanted.template)")
    }
    for parameter in wanted.parameters {
      guard let former = record.parameters.first(where: { $0.name == parameter.name }) else {
        lines.append("parameter \(parameter.name): new, \(shown(parameter))")
        continue
      }
      if !former.isSame(as: parameter) {
        lines.append("parameter \(parameter.name): \(shown(former)) → \(shown(parameter))")
      }
    }
    for former in record.parameters
    where !wanted.parameters.contains(where: { $0.name == former.name }) {
      lines.append("parameter \(former.name): taken away")
    }
    for name in Set(wanted.outputs.keys).union(record.outputs.keys).sorted() {
      let (new, old) = (wanted.outputs[name], record.outputs[name])
      if let new, let old, new.utf8.elementsEqual(old.utf8) { continue }
      lines.append("output \(name): \(shortened(new ?? "taken away"))")
    }
    return lines
  }

  private static func shown(_ parameter: StackParameter) -> String {
    parameter.value.map { "'\(shortened($0))'" } ?? "a secret"
  }

  private static func shortened(_ text: String) -> String {
    let text = LogTail.escaped(text)
    return text.count <= valueLengthMax ? text : text.prefix(valueLengthMax) + "…"
  }
}
