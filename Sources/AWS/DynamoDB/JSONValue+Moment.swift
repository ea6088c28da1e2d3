import JSON
import Resources

extension JSONValue {
  /// A moment as services that speak JSON tell it: seconds since 1970, with a fraction.
  var moment: Timestamp? {
    guard let text = numberText, let seconds = Double(text), abs(seconds) < 1e12 else { return nil }
    return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
  }

  init(_ moment: Timestamp) {
    let (seconds, rest) = moment.milliseconds.quotientAndRemainder(dividingBy: 1000)
    let digits = "\(rest.magnitude)"
    let zeros = String(repeating: "0", count: 3 - digits.count)
    self = .number(rest == 0 ? "\(seconds)" : "\(seconds).\(zeros)\(digits)")
  }
}
