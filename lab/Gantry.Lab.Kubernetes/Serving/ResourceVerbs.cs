using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>The verbs get, list, watch, create, update, patch, delete and deletecollection of any kind.</summary>
internal static class ResourceVerbs
{
    public static Task AnswerAsync(ApiCall call) =>
        call.Request.Verb switch
        {
            "get" => GetAsync(call),
            "list" => ListAsync(call),
            "watch" => WatchStream.AnswerAsync(call, Selection(call)),
            "create" when call.Request.Name.Length == 0 => CreateAsync(call),
            "update" => UpdateAsync(call),
            "patch" => PatchAsync(call),
            "delete" => DeleteAsync(call),
            "deletecollection" => DeleteCollectionAsync(call),
            _ => throw KubeException.MethodNotAllowed(),
        };

    /// <summary>Selectors of a list or watch; a name in the path of a watch counts as a field selector.</summary>
    public static ListOptions Selection(ApiCall call)
    {
        var fields = call.Query("fieldSelector");
        if (call.Request.Name.Length > 0)
        {
            fields = "metadata.name=" + call.Request.Name;
        }

        return new ListOptions(
            call.Resource.Namespaced ? call.Request.Namespace : null,
            Selector.Labels(call.Query("labelSelector")),
            Selector.Fields(fields),
            int.TryParse(call.Query("limit"), out var limit) ? limit : 0,
            call.Query("continue")
        );
    }

    /// <summary>Sends one object, or its table or metadata form if the client accepts that.</summary>
    public static Task ObjectAsync(ApiCall call, int code, JsonObject o)
    {
        AsServed(call.Resource, o);
        return Answers.JsonAsync(
            call.Context,
            code,
            Shape.Of(call.Accept) switch
            {
                Shape.Table => Tables.Of(
                    call.Cluster,
                    call.Resource,
                    [o],
                    o.Text("metadata", "resourceVersion") ?? "",
                    call.Query("includeObject")
                ),
                Shape.Metadata => Metadata(o),
                _ => o,
            }
        );
    }

    /// <summary>Converts a custom object, which is stored in one version, to the requested version.</summary>
    public static JsonObject AsServed(KubeResource resource, JsonObject o)
    {
        o["apiVersion"] = resource.ApiVersion;
        o["kind"] = resource.Kind;
        return o;
    }

    public static JsonObject Metadata(JsonObject o) =>
        new()
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = o.At("metadata")?.DeepClone(),
        };

    private static Task GetAsync(ApiCall call) =>
        ObjectAsync(call, 200, call.Cluster.Get(call.Resource, call.Request.Namespace, call.Request.Name));

    private static Task ListAsync(ApiCall call)
    {
        var list = call.Cluster.List(call.Resource, Selection(call));
        var version = list.ResourceVersion.ToString();
        switch (Shape.Of(call.Accept))
        {
            case Shape.Table:
                var table = Tables.Of(
                    call.Cluster,
                    call.Resource,
                    list.Read().Select(o => AsServed(call.Resource, o)),
                    version,
                    call.Query("includeObject")
                );
                Page(table.Under("metadata"), list);
                return Answers.JsonAsync(call.Context, 200, table);
            case Shape.Metadata:
                var metadata = new JsonObject
                {
                    ["kind"] = "PartialObjectMetadataList",
                    ["apiVersion"] = "meta.k8s.io/v1",
                    ["metadata"] = new JsonObject { ["resourceVersion"] = version },
                    ["items"] = new JsonArray([.. list.Read().Select(Metadata)]),
                };
                Page(metadata.Under("metadata"), list);
                return Answers.JsonAsync(call.Context, 200, metadata);
            default:
                return WholeListAsync(call, list, version);
        }
    }

    /// <summary>Sends the stored bytes unparsed, so that a list parses no object.</summary>
    private static Task WholeListAsync(ApiCall call, KubeList list, string version)
    {
        var metadata = new JsonObject { ["resourceVersion"] = version };
        Page(metadata, list);
        var body = new ArrayBufferWriter<byte>(1024 + list.Items.Sum(i => i.Json.Length + 1));
        Encoding.UTF8.GetBytes(
            $"{{\"kind\":\"{call.Resource.Kind}List\",\"apiVersion\":\"{call.Resource.ApiVersion}\","
                + $"\"metadata\":{metadata.ToJsonString()},\"items\":[",
            body
        );
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (i > 0)
            {
                body.Write(","u8);
            }

            body.Write(
                call.Resource.IsCustom
                    ? Encoding.UTF8.GetBytes(AsServed(call.Resource, list.Items[i].Read()).ToJsonString(KubeJson.Relaxed))
                    : list.Items[i].Json
            );
        }

        body.Write("]}"u8);
        return Answers.BytesAsync(call.Context, 200, "application/json", body.WrittenMemory);
    }

    private static void Page(JsonObject metadata, KubeList list)
    {
        if (list.Continue is { } token)
        {
            metadata["continue"] = token;
            metadata["remainingItemCount"] = list.Remaining;
        }
    }

    private static async Task CreateAsync(ApiCall call)
    {
        CheckOptions(call, "CreateOptions");
        var o = await ObjectBodyAsync(call);
        Validate(call, o);
        if (call.Resource.Namespaced)
        {
            if (o.Namespace() is { Length: > 0 } ns && ns != call.Request.Namespace)
            {
                throw KubeException.BadRequest(
                    "the namespace of the provided object does not match the namespace sent on the request"
                );
            }

            o.Metadata()["namespace"] = call.Request.Namespace;
        }

        if (call.Resource == KubeResources.CertificateSigningRequests)
        {
            o.Under("spec")["username"] = call.User.Name;
            o.Under("spec")["groups"] = new JsonArray([.. call.User.Groups.Select(g => JsonValue.Create(g))]);
        }

        await ObjectAsync(call, 201, call.Cluster.Create(call.Resource, o, call.Options));
    }

    private static async Task UpdateAsync(ApiCall call)
    {
        CheckOptions(call, "UpdateOptions");
        var o = await ObjectBodyAsync(call);
        Validate(call, o);
        if (o.Name() != call.Request.Name)
        {
            throw KubeException.BadRequest(
                $"the name of the object ({o.Name()}) does not match the name on the URL ({call.Request.Name})"
            );
        }

        if (call.Resource.Namespaced)
        {
            o.Metadata()["namespace"] = call.Request.Namespace;
        }

        await ObjectAsync(call, 200, call.Cluster.Update(call.Resource, o, call.Options));
    }

    private static async Task PatchAsync(ApiCall call)
    {
        CheckOptions(call, "PatchOptions");
        var type = call.Context.Request.ContentType ?? "";
        var kind = type.Split(';')[0].Trim() switch
        {
            "application/json-patch+json" => PatchKind.Json,
            "application/merge-patch+json" => PatchKind.Merge,
            "application/strategic-merge-patch+json" => PatchKind.Strategic,
            "application/apply-patch+yaml" => PatchKind.Apply,
            _ => throw new KubeException(
                415,
                "UnsupportedMediaType",
                $"the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                    + "application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml; "
                    + $"got {type}"
            ),
        };
        var body = await Answers.BodyAsync(call.Context);
        var options = call.Options;
        if (kind == PatchKind.Apply)
        {
            options = options with { FieldManager = call.Query("fieldManager") };
            CheckKind(call, body as JsonObject ?? []);
        }

        var (o, created) = call.Cluster.Patch(
            call.Resource,
            call.Request.Namespace,
            call.Request.Name,
            kind,
            body,
            options,
            patched => Validate(call, patched)
        );
        await ObjectAsync(call, created ? 201 : 200, o);
    }

    private static async Task DeleteAsync(ApiCall call)
    {
        var options = await DeleteOptionsAsync(call);
        var before = call.Cluster.Get(call.Resource, call.Request.Namespace, call.Request.Name);
        var left = call.Cluster.Delete(call.Resource, call.Request.Namespace, call.Request.Name, options);
        await (left is null ? Answers.JsonAsync(call.Context, 200, Deleted(call, before)) : ObjectAsync(call, 200, left));
    }

    private static async Task DeleteCollectionAsync(ApiCall call)
    {
        var options = await DeleteOptionsAsync(call);
        var list = call.Cluster.List(call.Resource, Selection(call)).Read().ToArray();
        foreach (var o in list)
        {
            try
            {
                call.Cluster.Delete(call.Resource, o.Namespace(), o.Name(), options);
            }
            catch (KubeException gone) when (gone.Code == 404)
            {
                // An earlier deletion of the collection already removed this dependent.
            }
        }

        await Answers.JsonAsync(
            call.Context,
            200,
            new JsonObject
            {
                ["kind"] = call.Resource.Kind + "List",
                ["apiVersion"] = call.Resource.ApiVersion,
                ["metadata"] = new JsonObject { ["resourceVersion"] = call.Cluster.ResourceVersion.ToString() },
                ["items"] = new JsonArray([.. list]),
            }
        );
    }

    public static async Task<DeleteOptions> DeleteOptionsAsync(ApiCall call)
    {
        var body = await Answers.BodyAsync(call.Context);
        return ReadDeleteOptions(call, body);
    }

    public static DeleteOptions ReadDeleteOptions(ApiCall call, JsonNode? body)
    {
        var propagation = body.Text("propagationPolicy") ?? call.Query("propagationPolicy");
        var orphan = body.Flag("orphanDependents") || call.Query("orphanDependents") == "true";
        return new DeleteOptions(
            body.Number("gracePeriodSeconds") ?? (long.TryParse(call.Query("gracePeriodSeconds"), out var grace) ? grace : null),
            propagation switch
            {
                "Foreground" => Propagation.Foreground,
                "Orphan" => Propagation.Orphan,
                _ => orphan ? Propagation.Orphan : Propagation.Background,
            },
            body.Text("preconditions", "uid"),
            body.Text("preconditions", "resourceVersion"),
            call.Query("dryRun") == "All" || body.At("dryRun") is JsonArray { Count: > 0 }
        );
    }

    private static JsonObject Deleted(ApiCall call, JsonObject before)
    {
        var details = new JsonObject
        {
            ["name"] = before.Name(),
            ["kind"] = call.Resource.Plural,
            ["uid"] = before.Uid(),
        };
        if (call.Resource.Group.Length > 0)
        {
            details["group"] = call.Resource.Group;
        }

        return new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        };
    }

    private static async Task<JsonObject> ObjectBodyAsync(ApiCall call)
    {
        var o =
            await Answers.BodyAsync(call.Context) as JsonObject
            ?? throw KubeException.BadRequest($"the body must be a {call.Resource.Kind} object");
        CheckKind(call, o);
        return o;
    }

    // k8s.io/apimachinery/pkg/apis/meta/v1/validation
    private static void CheckOptions(ApiCall call, string kind)
    {
        Check("dryRun", "All");
        Check("fieldValidation", "Ignore", "Strict", "Warn");

        void Check(string option, params string[] allowed)
        {
            if (call.Query(option) is { Length: > 0 } given && !allowed.Contains(given))
            {
                throw new KubeException(
                    422,
                    "Invalid",
                    $"{kind}.meta.k8s.io \"\" is invalid: {option}: Unsupported value: \"{given}\": supported values: "
                        + string.Join(", ", allowed.Select(one => $"\"{one}\""))
                );
            }
        }
    }

    private static void CheckKind(ApiCall call, JsonObject o)
    {
        var (version, kind) = (o.Text("apiVersion"), o.Text("kind"));
        if (kind is not null && kind != call.Resource.Kind)
        {
            throw KubeException.BadRequest(
                $"{kind} in version \"{version?.Split('/')[^1]}\" cannot be handled as a {call.Resource.Kind}: no kind \"{kind}\" is "
                    + $"served at this path; expected apiVersion {call.Resource.ApiVersion} and kind {call.Resource.Kind}"
            );
        }

        if (version is not null && version != call.Resource.ApiVersion)
        {
            throw KubeException.BadRequest(
                $"the API version in the data ({version}) does not match the expected API version ({call.Resource.ApiVersion})"
            );
        }
    }

    private static void Validate(ApiCall call, JsonObject o)
    {
        var level = call.Query("fieldValidation");
        if (call.Cluster.SchemaOf(call.Resource) is not { } schema)
        {
            return;
        }

        var findings = new SchemaFindings();
        SchemaCheck.Run(o, schema, "", findings);
        if (findings.Wrong.Count > 0)
        {
            throw KubeException.BadRequest(
                $"{call.Resource.Kind} in version \"{call.Resource.Version}\" cannot be handled as a {call.Resource.Kind}: "
                    + $"{string.Join(", ", findings.Wrong)}"
            );
        }

        if (findings.Unknown.Count == 0 || level == "Ignore")
        {
            return;
        }

        if (level == "Strict")
        {
            throw KubeException.BadRequest(
                $"{call.Resource.Kind} in version \"{call.Resource.Version}\" cannot be handled as a {call.Resource.Kind}: "
                    + $"strict decoding error: {string.Join(", ", findings.Unknown)}"
            );
        }

        foreach (var unknown in findings.Unknown)
        {
            call.Context.Response.Headers.Append(
                "Warning",
                $"299 - \"{unknown.Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            );
        }
    }
}

/// <summary>The response formats a client can request.</summary>
internal enum Shape
{
    Whole,
    Table,
    Metadata,
}

internal static class ShapeReading
{
    extension(Shape)
    {
        public static Shape Of(string accept) =>
            accept.Contains("as=Table", StringComparison.Ordinal) ? Shape.Table
            : accept.Contains("as=PartialObjectMetadata", StringComparison.Ordinal) ? Shape.Metadata
            : Shape.Whole;
    }
}
