import JSON
import Resources

/// The settings and mappings with which an index is made.
enum IndexShape {
  /// Settings that are an index's own choice; the others tell of the one index alone.
  private static let kept = [
    "number_of_shards", "number_of_replicas", "analysis", "mapping", "similarity",
    "max_result_window", "max_ngram_diff", "max_shingle_diff", "refresh_interval", "sort",
  ]

  /// What an index or alias is like, to make another like it.
  static func like(_ name: String, in data: SearchData) async throws(Failure) -> JSONValue {
    let resource = "the index \(name)"
    let answer = try await data.find("GET", "/\(SearchData.escaped(name))", about: resource)
    let found = answer?.members ?? []
    guard found.count == 1, let index = found.first?.value else {
      throw .permanent(
        "\(name) stands for \(found.count) indices, so there is none to make another like",
        hint: "Give the pair an 'index' with settings and mappings.")
    }
    let settings = index["settings"]?["index"]
    let own = kept.compactMap { name in
      settings?[name].map { JSONValue.Member(name, $0) }
    }
    return [
      "mappings": index["mappings"] ?? .object([]), "settings": ["index": .object(own)],
    ]
  }

  /// Makes the index; one that is there already is success.
  static func make(
    _ name: String, _ body: JSONValue, in data: SearchData
  ) async throws(Failure) {
    _ = try await data.find(
      "PUT", "/\(SearchData.escaped(name))", body, about: "the index \(name)",
      absent: ["resource_already_exists_exception"])
  }
}
