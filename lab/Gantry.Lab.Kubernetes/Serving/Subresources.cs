using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>
/// The subresources: scale, eviction, binding, tokens, approval and finalizing; others are refused with an explanation.
/// </summary>
internal static class Subresources
{
    public static Task AnswerAsync(ApiCall call) =>
        (call.Request.Plural, call.Request.Subresource, call.Request.Verb) switch
        {
            ("pods", "eviction", "create") => EvictAsync(call),
            ("pods", "binding", "create") => BindAsync(call),
            ("pods", "log" or "exec" or "attach" or "portforward" or "proxy", _) => throw NotInTheLab(call),
            ("nodes" or "services", "proxy", _) => throw NotInTheLab(call),
            ("serviceaccounts", "token", "create") => TokenAsync(call),
            ("namespaces", "finalize", "update") => FinalizeAsync(call),
            ("certificatesigningrequests", "approval", _) => ApproveAsync(call),
            (_, "scale", "get" or "update" or "patch") when call.Resource.HasScale => ScaleAsync(call),
            _ => throw KubeException.NoSuchPath(),
        };

    private static KubeException NotInTheLab(ApiCall call) =>
        new(
            501,
            "NotImplemented",
            $"{call.Request.Subresource} of {call.Request.Plural} \"{call.Request.Name}\" is not available in the lab: "
                + "its pods run no containers"
        );

    private static async Task EvictAsync(ApiCall call)
    {
        var body = await Answers.BodyAsync(call.Context);
        var options = ResourceVerbs.ReadDeleteOptions(call, body.At("deleteOptions"));
        call.Cluster.Evict(call.Request.Namespace!, call.Request.Name, options);
        await SuccessAsync(call);
    }

    private static async Task BindAsync(ApiCall call)
    {
        var body = await Answers.BodyAsync(call.Context);
        call.Cluster.BindPod(
            call.Request.Namespace!,
            call.Request.Name,
            body.Text("target", "name") ?? throw KubeException.BadRequest("target.name: Required value: write the name of a node")
        );
        await SuccessAsync(call);
    }

    private static Task SuccessAsync(ApiCall call) =>
        Answers.JsonAsync(
            call.Context,
            201,
            new JsonObject
            {
                ["kind"] = "Status",
                ["apiVersion"] = "v1",
                ["metadata"] = new JsonObject(),
                ["status"] = "Success",
                ["code"] = 201,
            }
        );

    private static async Task TokenAsync(ApiCall call)
    {
        var request = await Answers.BodyAsync(call.Context) as JsonObject ?? [];
        var account = call.Cluster.Get(KubeResources.ServiceAccounts, call.Request.Namespace, call.Request.Name);
        var seconds = request.Number("spec", "expirationSeconds") ?? 3600;
        if (seconds < 600)
        {
            throw new KubeException(
                422,
                "Invalid",
                "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: "
                    + $"Invalid value: {seconds}: may not specify a duration less than 10 minutes"
            );
        }

        var (token, expires) = ServiceAccountTokens.Issue(
            call.Cluster,
            account,
            TimeSpan.FromSeconds(seconds),
            request.At("spec", "audiences") as JsonArray
        );
        request["kind"] = "TokenRequest";
        request["apiVersion"] = "authentication.k8s.io/v1";
        request["status"] = new JsonObject { ["token"] = token, ["expirationTimestamp"] = KubeJson.Stamp(expires) };
        await Answers.JsonAsync(call.Context, 201, request);
    }

    private static async Task FinalizeAsync(ApiCall call)
    {
        var body = await Answers.BodyAsync(call.Context);
        var ns = call.Cluster.Change(
            KubeResources.Namespaces,
            ns: null,
            call.Request.Name,
            o => o.Under("spec").SetOrRemove("finalizers", body.At("spec", "finalizers")?.DeepClone())
        );
        await ResourceVerbs.ObjectAsync(call, 200, ns);
    }

    private static async Task ApproveAsync(ApiCall call)
    {
        if (call.Request.Verb == "get")
        {
            await ResourceVerbs.ObjectAsync(call, 200, call.Cluster.Get(call.Resource, ns: null, call.Request.Name));
            return;
        }

        var body = await Answers.BodyAsync(call.Context);
        var request = call.Cluster.Change(
            call.Resource,
            ns: null,
            call.Request.Name,
            o => o.Under("status").SetOrRemove("conditions", body.At("status", "conditions")?.DeepClone())
        );
        await ResourceVerbs.ObjectAsync(call, 200, request);
    }

    private static async Task ScaleAsync(ApiCall call)
    {
        var owner = call.Cluster.Get(call.Resource, call.Request.Namespace, call.Request.Name);
        if (call.Request.Verb != "get")
        {
            var body = await Answers.BodyAsync(call.Context);
            var asked =
                call.Request.Verb == "update" ? body
                : (call.Context.Request.ContentType ?? "").StartsWith("application/json-patch", StringComparison.Ordinal)
                    ? JsonPatch.Apply(Scale(call.Resource, owner), body)
                : JsonPatch.Merge(Scale(call.Resource, owner), body);
            var replicas = asked.Number("spec", "replicas") ?? 0;
            var version = asked.Text("metadata", "resourceVersion");
            owner = call.Cluster.Change(
                call.Resource,
                call.Request.Namespace,
                call.Request.Name,
                o =>
                {
                    o.Under("spec")["replicas"] = replicas;
                    o.Metadata()["resourceVersion"] = version is { Length: > 0 }
                        ? version
                        : o.Text("metadata", "resourceVersion");
                },
                call.Options with
                {
                    Subresource = "scale",
                }
            );
        }

        await Answers.JsonAsync(call.Context, 200, Scale(call.Resource, owner));
    }

    private static JsonObject Scale(KubeResource resource, JsonObject owner)
    {
        var selector = owner.At("spec", "selector", "matchLabels") as JsonObject ?? [];
        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = owner.Name(),
                ["namespace"] = owner.Namespace(),
                ["uid"] = owner.Uid(),
                ["resourceVersion"] = owner.Text("metadata", "resourceVersion"),
                ["creationTimestamp"] = owner.Text("metadata", "creationTimestamp"),
            },
            ["spec"] = new JsonObject { ["replicas"] = owner.Number("spec", "replicas") ?? 0 },
            ["status"] = new JsonObject
            {
                ["replicas"] = owner.Number("status", "replicas") ?? 0,
                ["selector"] = string.Join(",", selector.Select(p => $"{p.Key}={p.Value}")),
            },
        };
    }
}
