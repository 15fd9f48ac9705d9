using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Access reviews: self subject reviews, access reviews and rules reviews.</summary>
internal static class Reviews
{
    public static async Task AnswerAsync(
        HttpContext context,
        LabCluster cluster,
        Authorizer authorizer,
        KubeUser user,
        ApiRequest request
    )
    {
        if (request.Verb != "create")
        {
            throw KubeException.MethodNotAllowed();
        }

        var review = await Answers.BodyAsync(context) as JsonObject ?? [];
        review["kind"] = review.Text("kind") ?? "";
        review["status"] = request.Plural switch
        {
            "selfsubjectreviews" => new JsonObject { ["userInfo"] = Info(user) },
            "selfsubjectaccessreviews" => Access(authorizer, user, review),
            "localsubjectaccessreviews" or "subjectaccessreviews" => Access(authorizer, Subject(review), review),
            "selfsubjectrulesreviews" => RulesOf(authorizer, user, review.Text("spec", "namespace")),
            "tokenreviews" => TokenStatus(cluster, review),
            _ => throw KubeException.NoSuchPath(),
        };
        await Answers.JsonAsync(context, 201, review);
    }

    private static JsonObject Access(Authorizer authorizer, KubeUser user, JsonObject review)
    {
        var path = review.At("spec", "nonResourceAttributes");
        var what = review.At("spec", "resourceAttributes");
        var allowed = path is not null
            ? authorizer.AllowsPath(user, path.Text("verb") ?? "", path.Text("path") ?? "")
            : authorizer.Allows(
                user,
                what.Text("verb") ?? "",
                what.Text("group") ?? "",
                what.Text("resource") ?? "",
                what.Text("subresource") ?? "",
                what.Text("namespace") is { Length: > 0 } ns ? ns : null,
                what.Text("name") ?? ""
            );
        return new JsonObject { ["allowed"] = allowed };
    }

    private static JsonObject RulesOf(Authorizer authorizer, KubeUser user, string? ns)
    {
        var rules = authorizer.Rules(user, ns).ToArray();
        if (user.Groups.Contains("system:masters"))
        {
            rules =
            [
                .. rules,
                new JsonObject
                {
                    ["verbs"] = new JsonArray("*"),
                    ["apiGroups"] = new JsonArray("*"),
                    ["resources"] = new JsonArray("*"),
                },
                new JsonObject { ["verbs"] = new JsonArray("*"), ["nonResourceURLs"] = new JsonArray("*") },
            ];
        }

        return new JsonObject
        {
            ["resourceRules"] = new JsonArray([.. rules.Where(r => r.ContainsKey("resources")).Select(r => r.DeepClone())]),
            ["nonResourceRules"] = new JsonArray([
                .. rules.Where(r => r.ContainsKey("nonResourceURLs")).Select(r => r.DeepClone()),
            ]),
            ["incomplete"] = false,
        };
    }

    private static JsonObject TokenStatus(LabCluster cluster, JsonObject review)
    {
        var user = ServiceAccountTokens.Read(cluster, review.Text("spec", "token") ?? "");
        return user is null
            ? new JsonObject { ["authenticated"] = false, ["error"] = "invalid bearer token" }
            : new JsonObject { ["authenticated"] = true, ["user"] = Info(user) };
    }

    private static KubeUser Subject(JsonObject review) =>
        new(
            review.Text("spec", "user") ?? "",
            review.At("spec", "groups") is JsonArray groups ? [.. groups.Select(g => g!.GetValue<string>())] : []
        );

    private static JsonObject Info(KubeUser user)
    {
        var info = new JsonObject
        {
            ["username"] = user.Name,
            ["groups"] = new JsonArray([.. user.Groups.Select(g => JsonValue.Create(g))]),
        };
        info.SetOrRemove("uid", user.Uid.Length > 0 ? user.Uid : null);
        return info;
    }
}
