package import Resources

/// The providers of this target.
package enum ExportProviders {
  /// For each kind of bucket, one that reads the exports of tables that lie in such buckets.
  package static func over(_ buckets: [Provider]) -> [Provider] {
    buckets.compactMap { bucket in
      guard case .bucket(let open) = bucket.opener else { return nil }
      let inner = bucket.scheme
      return Provider(
        scheme: "export+\(inner)",
        summary: "A table as its export by DynamoDB to \(inner):// shows it, to be read only.",
        example: "export+\(inner)://\(inner == "s3" ? "exports" : "/srv/exports")"
          + "/AWSDynamoDB/01772822366727-9bfacbc5/manifest-summary.json?keys=id",
        parameters: [
          .init(ExportKeys.parameter, "The key's attributes, such as author,title or id:N."),
          .init(
            ExportLocation.windowParameter,
            "The summary of an incremental export to merge; one after the other."),
        ] + bucket.parameters,
        open: .table { (url, context) throws(Failure) in
          try ExportTable(url, inner: inner) { (bucket) throws(Failure) in
            try open(bucket, context)
          }
        },
        permissions: { (url, use) throws(Failure) in
          switch use {
          case .look, .read:
            var rights: [Permission] = []
            for location in try ExportLocation.all(url, inner: inner) {
              rights += try bucket.permissions(location.bucket, .read)
            }
            return rights
          case .write, .create, .destroy: return []
          }
        })
    }
  }
}
