/// Applies a piece of work to each element, a bounded number at a time; answers keep their order.
///
/// After a failure no new work begins, what is under way ends, and the first failure is thrown.
package func concurrentMap<Element: Sendable, Answer: Sendable>(
  _ elements: [Element], atOnce limit: Int,
  _ work: @escaping @Sendable (Element) async throws(Failure) -> Answer
) async throws(Failure) -> [Answer] {
  let attempt: @Sendable (Int, Element) async -> (Int, Result<Answer, Failure>) = {
    index, element in
    do throws(Failure) {
      return (index, .success(try await work(element)))
    } catch {
      return (index, .failure(error))
    }
  }
  var answers = [Answer?](repeating: nil, count: elements.count)
  let failure = await withTaskGroup(
    of: (Int, Result<Answer, Failure>).self, returning: Failure?.self
  ) { group in
    var failure: Failure?
    var waiting = elements.indices[...]
    for index in waiting.prefix(limit) { group.addTask { await attempt(index, elements[index]) } }
    waiting = waiting.dropFirst(limit)
    while let (index, result) = await group.next() {
      switch result {
      case .success(let answer): answers[index] = answer
      case .failure(let reason): failure = failure ?? reason
      }
      guard failure == nil, let next = waiting.popFirst() else { continue }
      group.addTask { await attempt(next, elements[next]) }
    }
    return failure
  }
  if let failure { throw failure }
  return answers.compactMap(\.self)
}
