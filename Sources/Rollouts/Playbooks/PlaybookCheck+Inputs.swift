import JSON
import Resources

/// Inputs against the fields of their action, with references followed as far as they are known.
extension PlaybookCheck {
  /// Where a value stands, which decides what its references may name.
  enum Place {
    /// Parameters and colours: whatever is known before anything runs.
    case constant
    case live
    /// The input of a step, by its index.
    case step(Int)
  }

  /// Checks a value, or only its references where `kind` is nil; false if anything was reported.
  @discardableResult
  mutating func check(
    _ node: JSONNode, against kind: InputField.Kind?, in place: Place
  ) -> Bool {
    switch (node.kind, kind) {
    case (.string(let text), _): return checkText(node, text, kind, place)
    case (.object, .object(let fields)?): return checkObject(node, fields, in: place)
    case (.object(let members), .map(let kind)?): return checkMembers(members, kind, place)
    case (.object(let members), .any?): return checkMembers(members, .any, place)
    case (.object(let members), .secretAny?): return checkMembers(members, .secretAny, place)
    case (.object(let members), nil): return checkMembers(members, nil, place)
    case (.array(let elements), .list(let kind)?): return checkElements(elements, kind, place)
    case (.array(let elements), .any?): return checkElements(elements, .any, place)
    case (.array(let elements), .secretAny?): return checkElements(elements, .secretAny, place)
    case (.array(let elements), nil): return checkElements(elements, nil, place)
    case (.number(let text), _?) where !JSONNumber.isValid(text):
      // Infinity or NaN: told already when the document was read.
      return false
    case (_, let kind?):
      let rule = FieldRule(kind: kind, resources: resources)
      guard let problem = rule.problem(with: JSONValue(node)) else { return true }
      report(problem, at: node.position)
      return false
    case (_, nil): return true
    }
  }

  private mutating func checkElements(
    _ elements: [JSONNode], _ kind: InputField.Kind?, _ place: Place
  ) -> Bool {
    var isFine = true
    for element in elements where !check(element, against: kind, in: place) { isFine = false }
    return isFine
  }

  private mutating func checkMembers(
    _ members: [JSONNode.Member], _ kind: InputField.Kind?, _ place: Place
  ) -> Bool {
    var isFine = true
    for member in members {
      if member.name.contains("${") {
        report("references are resolved in values, not in keys", at: member.nameRange.start)
        isFine = false
      }
      if !check(member.value, against: kind, in: place) { isFine = false }
    }
    return isFine
  }

  /// Checks keys, required fields and values; `noun` names the object in messages.
  @discardableResult
  mutating func checkObject(
    _ node: JSONNode, _ fields: [InputField], noun: String = "this object", in place: Place,
    missingAt: JSONPosition? = nil
  ) -> Bool {
    guard let known = members(of: node, allowed: fields.map(\.name), noun: noun) else {
      return false
    }
    var isFine = node.members?.count == known.count
    for field in fields {
      if let member = known.first(where: { $0.name.hasSameBytes(as: field.name) }) {
        if !check(member.value, against: field.kind, in: place) { isFine = false }
      } else if field.isRequired {
        report(
          "\(noun) lacks the key '\(field.name)': \(field.help)", at: missingAt ?? node.position)
        isFine = false
      }
    }
    return isFine
  }

  // MARK: Texts

  private mutating func checkText(
    _ node: JSONNode, _ text: String, _ kind: InputField.Kind?, _ place: Place
  ) -> Bool {
    let template = Template(text)
    var isFine = template.mistakes.isEmpty
    for mistake in template.mistakes {
      report(mistake.message, at: position(in: node, text, mistake.offset))
    }
    for (reference, offset) in template.references {
      if reference.isDirected, scope.colours.isEmpty, hasSoundColours {
        // Told once, where it is first missed.
        hasSoundColours = false
        report("the playbook has no section 'colors'", at: position(in: node, text, offset))
      }
      guard let problem = problem(with: reference, kind, place) else { continue }
      isFine = false
      if !problem.isEmpty { report(problem, at: position(in: node, text, offset)) }
    }
    guard isFine, let kind else { return isFine }
    for message in valueProblems(template, kind, place) {
      report(message, at: node.position)
      isFine = false
    }
    return isFine
  }

  /// What is wrong with the values that the text takes, whichever colour is live.
  private func valueProblems(
    _ template: Template, _ kind: InputField.Kind, _ place: Place
  ) -> [String] {
    let isDirected = template.references.contains { $0.reference.isDirected }
    guard isDirected else {
      return valueProblem(template, kind, place, direction: nil).map { [$0] } ?? []
    }
    guard hasSoundColours else { return [] }
    let found = Self.directions.compactMap { colour in
      valueProblem(template, kind, place, direction: colour).map { (colour, $0) }
    }
    if found.count == 2, found[0].1.hasSameBytes(as: found[1].1) { return [found[0].1] }
    return found.map { "\($0.1) (when \($0.0.rawValue) is live)" }
  }

  private func valueProblem(
    _ template: Template, _ kind: InputField.Kind, _ place: Place, direction: Colour?
  ) -> String? {
    var scope = scope
    switch place {
    case .constant: break
    case .live: scope.color = direction
    case .step: scope.from = direction
    }
    let rule = FieldRule(kind: kind, resources: resources)
    switch scope.evaluate(template) {
    case .nothing(let why): return why
    case .value(let value):
      let value = template.isLoneReference ? rule.coerced(value) : value
      if case .step = kind { return stepProblem(value, place) }
      return rule.problem(with: value)
    case .later(let value):
      guard let value, kind.isFreeText else { return nil }
      return rule.problem(with: value)
    }
  }

  /// Another step that is named must be done by then, or there would be nothing to look at.
  private func stepProblem(_ value: JSONValue, _ place: Place) -> String? {
    guard let id = value.string else {
      return "expected the id of a step, found \(value.noun)"
    }
    guard case .step(let index) = place else { return nil }
    return orderProblem(id, from: index)
  }

  /// Why the step is not surely done before another, or nil.
  private func orderProblem(_ id: String, from index: Int) -> String? {
    let matches = drafts.indices.filter { drafts[$0].id?.hasSameBytes(as: id) == true }
    guard let match = matches.first else {
      return "there is no step '\(id)'" + suggestion(nearest(to: id, in: drafts.compactMap(\.id)))
    }
    if match == index { return "a step cannot refer to itself" }
    if graph.comesBefore(match, index) || !hasSoundOrder { return nil }
    return "step '\(id)' does not surely come before this one; name it, or a step after it, "
      + "in 'after'"
  }

  // MARK: References

  /// Nil if the reference is fine; empty if it is not but somebody else was told.
  private func problem(
    with reference: Reference, _ kind: InputField.Kind?, _ place: Place
  ) -> String? {
    switch reference {
    case .environment, .secret: return nil
    case .parameter(let name): return parameterProblem(name)
    case .color(let key):
      guard case .live = place else {
        return "\(reference.text) is known only in the section 'live'; did you mean "
          + "${from\(key.map { "." + $0 } ?? "")} or ${to\(key.map { "." + $0 } ?? "")}?"
      }
      return colourProblem(key)
    case .from(let key), .to(let key):
      guard case .step(let index) = place else {
        return "\(reference.text) is known only in steps"
      }
      if case .to = reference, case .resource? = kind, drafts[index].isDestroying {
        return "\(reference.text) names the side that has just gone live, and this step destroys; "
          + "did you mean ${from\(key.map { "." + $0 } ?? "")}?"
      }
      return colourProblem(key)
    case .output(let step, let name):
      guard case .step(let index) = place else {
        return "\(reference.text) is known only in steps"
      }
      return outputProblem(step, name, from: index)
    }
  }

  private func parameterProblem(_ name: String) -> String? {
    if scope.parameters[UTF8Key(name)] != nil { return nil }
    if brokenParameters.contains(UTF8Key(name)) { return "" }
    if coming.contains(UTF8Key(name)) {
      return "the parameter '\(name)' has no value yet; a parameter may refer to those above it"
    }
    if scope.colours.values.contains(where: { $0[UTF8Key(name)] != nil }) {
      return "there is no parameter '\(name)', but the colours have such a value; did you mean "
        + "${from.\(name)} or ${to.\(name)}?"
    }
    let known = scope.parameters.keys.map(\.text).sorted { $0.precedesInBytes($1) }
    return "there is no parameter '\(name)'"
      + suggestion(nearest(to: name, in: known + Reference.reserved))
  }

  private func colourProblem(_ key: String?) -> String? {
    guard hasSoundColours else { return "" }
    guard let key else { return nil }
    let having = scope.colours.values.count { $0[UTF8Key(key)] != nil }
    if having == Self.directions.count { return nil }
    // A value that only one colour has is reported where the colours stand.
    if having > 0 { return "" }
    let known = scope.colours.values.flatMap { $0.keys.map(\.text) }
      .sorted { $0.precedesInBytes($1) }
    return "the colours have no value '\(key)'" + suggestion(nearest(to: key, in: known))
  }

  private func outputProblem(_ step: String, _ name: String, from index: Int) -> String? {
    if let problem = orderProblem(step, from: index) { return problem }
    guard let draft = drafts.first(where: { $0.id?.hasSameBytes(as: step) == true }),
      let outputs = draft.action?.outputs, !outputs.isEmpty
    else { return nil }
    if outputs.contains(where: { $0.hasSameBytes(as: name) }) { return nil }
    return "step '\(step)' (\(draft.uses ?? "")) has no output '\(name)'; it has "
      + outputs.joined(separator: ", ")
  }

  /// The place of a byte inside a string, exact unless the string holds escapes.
  private func position(in node: JSONNode, _ text: String, _ offset: Int) -> JSONPosition {
    let start = node.position
    guard node.range.offsets.count == text.utf8.count + 2 else { return start }
    let characters = String(decoding: text.utf8.prefix(offset), as: UTF8.self).unicodeScalars.count
    return JSONPosition(
      offset: start.offset + 1 + offset, line: start.line, column: start.column + 1 + characters)
  }
}

extension InputField.Kind {
  /// Whether something can be said of a text although a part of it is not known yet.
  var isFreeText: Bool {
    switch self {
    case .string, .secretText, .path, .resource, .any, .secretAny: true
    case .integer, .boolean, .duration, .moment, .choice, .list, .map, .object, .step: false
    }
  }
}
