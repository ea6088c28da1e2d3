import JSON
import Resources

/// The order that keeps what is live: one promotion, and destruction only of what it left behind.
extension PlaybookCheck {
  mutating func checkPromotion() {
    let promoting = drafts.indices.filter { drafts[$0].promotes }
    for index in promoting.dropFirst() {
      report(
        "step \(drafts[index].name) is a second promotion; the first one is "
          + "\(drafts[promoting[0]].name) at \(drafts[promoting[0]].position)",
        at: drafts[index].node["promotes"]?.position ?? drafts[index].position)
    }
    for index in drafts.indices where drafts[index].isDestroying {
      let what = "step \(drafts[index].name) (\(drafts[index].uses ?? "")) cannot be undone"
      guard let promotion = promoting.first else {
        report(
          "\(what), but no step promotes; mark the one that does with 'promotes: true'",
          at: drafts[index].position)
        continue
      }
      if !graph.comesBefore(promotion, index), hasSoundOrder {
        report(
          "\(what), so it must come after the promotion, step \(drafts[promotion].name) at "
            + "\(drafts[promotion].position)", at: drafts[index].position)
      }
      checkTarget(of: index)
    }
  }

  /// Refuses to destroy, under whatever name, what another step sets up as the new side.
  private mutating func checkTarget(of index: Int) {
    guard hasSoundColours else { return }
    for colour in Self.directions {
      // A target that says ${to.…} is refused already.
      let doomed = resources(of: index, direction: colour) { !$0.contains(where: \.isTo) }
      for other in drafts.indices where other != index && !drafts[other].isDestroying {
        let kept = resources(of: other, direction: colour) { $0.contains(where: \.isTo) }
        for (url, node) in doomed where kept.contains(where: { $0.url.hasSameBytes(as: url) }) {
          report(
            "this is what step \(drafts[other].name) uses as the new side when \(colour.rawValue) "
              + "is live; destroy what ${from.…} names", at: node.position)
        }
      }
    }
  }

  /// The resource URLs directly in the input of a step, resolved, whose references are wanted.
  private func resources(
    of index: Int, direction: Colour, where isWanted: ([Reference]) -> Bool
  ) -> [(url: String, node: JSONNode)] {
    guard let action = drafts[index].action, let with = drafts[index].node["with"] else {
      return []
    }
    var scope = scope
    scope.from = direction
    return action.inputs.compactMap { field in
      guard case .resource = field.kind, let node = with[field.name], let text = node.string else {
        return nil
      }
      let template = Template(text)
      guard template.mistakes.isEmpty, isWanted(template.references.map(\.reference)),
        case .value(.string(let url)) = scope.evaluate(template)
      else { return nil }
      return (url, node)
    }
  }
}
