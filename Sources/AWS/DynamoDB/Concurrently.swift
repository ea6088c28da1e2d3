import Resources

/// Applies a piece of work to each element, a bounded number at a time; answers keep their order.
///
/// After a failure no new work begins, what is under way ends, and the first failure is thrown.
func concurrently<Element: Sendable, Answer: Sendable>(
  _ elements: [Element], atOnce limit: Int,
  _ work: @escaping @Sendable (Element) async throws(Failure) -> Answer
) async throws(Failure) -> [Answer] {
  if elements.count == 1 { return [try await work(elements[0])] }
  let attempt: @Sendable (Int) async -> (Int, Result<Answer, Failure>) = { index in
    do throws(Failure) {
      return (index, .success(try await work(elements[index])))
    } catch {
      return (index, .failure(error))
    }
  }
  var answers = [Answer?](repeating: nil, count: elements.count)
  let failure = await withTaskGroup(
    of: (Int, Result<Answer, Failure>).self, returning: Failure?.self
  ) { group in
    var failure: Failure?
    var next = min(limit, elements.count)
    for index in 0..<next { group.addTask { await attempt(index) } }
    while let (index, result) = await group.next() {
      switch result {
      case .success(let answer): answers[index] = answer
      case .failure(let reason): failure = failure ?? reason
      }
      guard failure == nil, next < elements.count else { continue }
      let following = next
      next += 1
      group.addTask { await attempt(following) }
    }
    return failure
  }
  if let failure { throw failure }
  return answers.compactMap(\.self)
}
