package import Resources
package import Rollouts

extension TablesCopy {
  /// A target may be made, and is then taken away by undo.
  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let pairs = try TablePair.pairs(
      input.pairs, from: input.from, to: input.to, transform: input.transform, of: name)
    return pairs.filter { input.create ?? ($0.transform == nil) }.flatMap {
      [StepRight.use($0.to, .create), .use($0.to, .destroy)]
    }
  }
}
