using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Serves a watch: the current objects if the client has not listed, then each change as a line of JSON.</summary>
internal static class WatchStream
{
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(45);

    public static async Task AnswerAsync(ApiCall call, ListOptions selection)
    {
        var asked = call.Query("resourceVersion");
        var whole = selection with { Limit = 0, Continue = null };
        var fromStart = asked is "" or "0" || call.Query("sendInitialEvents") == "true";
        var now = fromStart ? call.Cluster.List(call.Resource, whole) : null;
        var after =
            now?.ResourceVersion
            ?? (
                long.TryParse(asked, out var version)
                    ? version
                    : throw KubeException.BadRequest(
                        $"resourceVersion: Invalid value: \"{asked}\": give the metadata.resourceVersion of a list"
                    )
            );
        var changes = call.Cluster.Watch(call.Resource, after);
        var timeout =
            long.TryParse(call.Query("timeoutSeconds"), out var seconds) && seconds > 0
                ? TimeSpan.FromSeconds(seconds)
                : LongestWatch;
        using var timer = new CancellationTokenSource(timeout, call.Cluster.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, call.Context.RequestAborted, call.Stopping);
        var writer = new Lines(call);
        try
        {
            call.Context.Response.StatusCode = 200;
            call.Context.Response.ContentType = "application/json;stream=watch";
            await call.Context.Response.StartAsync(end.Token);
            foreach (var stored in now?.Items ?? [])
            {
                await writer.WriteAsync("ADDED", stored, end.Token);
            }

            if (call.Query("sendInitialEvents") == "true")
            {
                await writer.BookmarkAsync(after, initialEnd: true, end.Token);
            }

            await call.Context.Response.Body.FlushAsync(end.Token);
            await FollowAsync(call, whole, changes, writer, end.Token);
        }
        catch (OperationCanceledException)
            when (timer.IsCancellationRequested && !call.Context.RequestAborted.IsCancellationRequested)
        {
            if (call.Query("allowWatchBookmarks") == "true" && !call.Stopping.IsCancellationRequested)
            {
                await writer.BookmarkAsync(call.Cluster.ResourceVersion, initialEnd: false, call.Context.RequestAborted);
            }
        }
        finally
        {
            call.Cluster.Unwatch(changes);
        }
    }

    private static async Task FollowAsync(
        ApiCall call,
        ListOptions selection,
        Channel<WatchEvent> changes,
        Lines writer,
        CancellationToken cancellationToken
    )
    {
        while (await changes.Reader.WaitToReadAsync(cancellationToken))
        {
            while (changes.Reader.TryRead(out var change))
            {
                if (TypeFor(change, selection) is { } type)
                {
                    await writer.WriteAsync(type, change.Object, cancellationToken);
                }
            }

            await call.Context.Response.Body.FlushAsync(cancellationToken);
        }
    }

    /// <summary>An object that starts to match the selector is reported as added; one that stops matching, as deleted.</summary>
    private static string? TypeFor(WatchEvent change, ListOptions selection)
    {
        var before = change.Before is not null && selection.Selects(change.Before);
        var after = change.Kind != WatchKind.Deleted && selection.Selects(change.Object);
        return (before, after) switch
        {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            _ => null,
        };
    }

    private sealed class Lines(ApiCall call)
    {
        private bool _columnsSent;

        public Task WriteAsync(string type, StoredObject stored, CancellationToken cancellationToken)
        {
            var shape = Shape.Of(call.Accept);
            if (shape == Shape.Whole && !call.Resource.IsCustom)
            {
                return LineAsync(type, stored.Json, cancellationToken);
            }

            var o = ResourceVerbs.AsServed(call.Resource, stored.Read());
            var body = shape switch
            {
                Shape.Table => Table(o, stored),
                Shape.Metadata => ResourceVerbs.Metadata(o),
                _ => o,
            };
            return LineAsync(type, Encoding.UTF8.GetBytes(body.ToJsonString(KubeJson.Relaxed)), cancellationToken);
        }

        public Task BookmarkAsync(long version, bool initialEnd, CancellationToken cancellationToken)
        {
            var metadata = new JsonObject { ["resourceVersion"] = version.ToString(), ["creationTimestamp"] = null };
            if (initialEnd)
            {
                metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
            }

            var o = new JsonObject
            {
                ["kind"] = call.Resource.Kind,
                ["apiVersion"] = call.Resource.ApiVersion,
                ["metadata"] = metadata,
            };
            return LineAsync("BOOKMARK", Encoding.UTF8.GetBytes(o.ToJsonString()), cancellationToken);
        }

        private JsonObject Table(JsonObject o, StoredObject stored)
        {
            var table = Tables.Of(
                call.Cluster,
                call.Resource,
                [o],
                stored.ResourceVersion.ToString(),
                call.Query("includeObject")
            );
            if (_columnsSent)
            {
                table["columnDefinitions"] = null;
            }

            _columnsSent = true;
            return table;
        }

        private async Task LineAsync(string type, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        {
            var output = call.Context.Response.Body;
            await output.WriteAsync(Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":"), cancellationToken);
            await output.WriteAsync(body, cancellationToken);
            await output.WriteAsync("}\n"u8.ToArray(), cancellationToken);
        }
    }
}
