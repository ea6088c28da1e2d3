import Resources
import Rollouts

/// Copies several tables side by side; one owner decides, child tasks move single pages.
struct TableCopyRun {
  let copiers: [TablePageCopier]
  let copies: Int
  let total: Int?
  let progress: Progress<TableCopyCheckpoint>

  private enum Step: Sendable {
    case moved(Int, TableCopyCheckpoint.Pair)
    case failed(Failure)
  }

  /// The pairs when all of them are done.
  ///
  /// After a failure the pages under way are finished and saved before it is thrown.
  func finish(
    _ start: TableCopyCheckpoint
  ) async throws(Failure) -> [TableCopyCheckpoint.Pair] {
    guard start.pairs.count == copiers.count else {
      throw .permanent(
        "the checkpoint is of another copy", hint: "Roll back, and begin a new rollout.")
    }
    var state = start
    let failure = await withTaskGroup(of: Step.self, returning: Failure?.self) { group in
      var failure: Failure?
      var waiting = start.pairs.indices.filter { !start.pairs[$0].isDone }[...]
      for index in waiting.prefix(copies) {
        let pair = state.pairs[index]
        group.addTask { await step(index, pair) }
      }
      waiting = waiting.dropFirst(copies)
      while let step = await group.next() {
        switch step {
        case .failed(let reason): failure = failure ?? reason
        case .moved(let index, let pair):
          state.pairs[index] = pair
          do throws(Failure) {
            try await progress.save(state)
            report(state)
          } catch {
            failure = failure ?? error
          }
          guard failure == nil, let next = pair.isDone ? waiting.popFirst() : index else {
            continue
          }
          let following = state.pairs[next]
          group.addTask { await self.step(next, following) }
        }
      }
      return failure
    }
    if let failure { throw failure }
    return state.pairs
  }

  private func step(_ index: Int, _ pair: TableCopyCheckpoint.Pair) async -> Step {
    do throws(Failure) {
      return .moved(index, try await copiers[index].step(pair))
    } catch {
      return .failed(error)
    }
  }

  private func report(_ state: TableCopyCheckpoint) {
    progress.pace.report(
      .init(
        done: state.pairs.reduce(0) { $0 + $1.read }, total: total,
        bytes: state.pairs.reduce(0) { $0 + $1.bytes }, unit: "items"))
  }
}
