using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Handles one request: authentication, authorization and the operation.</summary>
internal sealed class ApiServer(LabCluster cluster, KubernetesFaceOptions options, CancellationToken stopping)
{
    private readonly Authenticator _authenticator = new(cluster, [.. options.ClientAuthorities]);
    private readonly Authorizer _authorizer = new(cluster);

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await AnswerAsync(context);
        }
        catch (KubeException refusal) when (!context.Response.HasStarted)
        {
            if (refusal.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString();
            }

            await Answers.JsonAsync(context, refusal.Code, refusal.ToStatus());
        }
        catch (JsonException malformed) when (!context.Response.HasStarted)
        {
            await Answers.JsonAsync(
                context,
                400,
                KubeException.BadRequest("the body is not valid JSON: " + malformed.Message).ToStatus()
            );
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            var refusal =
                bad.StatusCode == 413
                    ? new KubeException(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")
                    : KubeException.BadRequest(bad.Message);
            await Answers.JsonAsync(context, refusal.Code, refusal.ToStatus());
        }
        catch (OperationCanceledException)
            when (context.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            // The client has disconnected or the machine has lost power: no response can be sent.
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            await Answers.JsonAsync(
                context,
                500,
                new KubeException(500, "InternalError", "Internal error occurred: " + error.Message).ToStatus()
            );
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers["Audit-Id"] = context.TraceIdentifier;
        context.Response.Headers.CacheControl = "no-cache, private";
        var user =
            _authenticator.Identify(await context.Connection.GetClientCertificateAsync(), context.Request.Headers.Authorization)
            ?? throw new KubeException(401, "Unauthorized", "Unauthorized");
        user = Impersonated(user, context.Request.Headers);
        var request = ApiRequest.Read(context.Request);
        if (!request.IsResource)
        {
            if (!_authorizer.AllowsPath(user, request.Verb, request.Path))
            {
                throw new KubeException(
                    403,
                    "Forbidden",
                    $"forbidden: User \"{user.Name}\" cannot {request.Verb} path \"{request.Path}\""
                );
            }

            await (
                !options.HasEtcd && Documents.IsHealth(request.Path)
                    ? Documents.AnswerUnhealthyAsync(context, request.Path)
                    : Documents.AnswerAsync(context, cluster, options.Version ?? cluster.Version, request.Path)
            );
            return;
        }

        Authorize(user, request);
        if (!options.HasEtcd)
        {
            throw new KubeException(
                500,
                "",
                "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial tcp 127.0.0.1:2379: "
                    + "connect: connection refused\""
            );
        }

        if (request.Group is "authorization.k8s.io" or "authentication.k8s.io")
        {
            await Reviews.AnswerAsync(context, cluster, _authorizer, user, request);
            return;
        }

        var resource = cluster.FindResource(request.Group, request.Version, request.Plural) ?? throw KubeException.NoSuchPath();
        if (resource.Namespaced && request.Namespace is null && request.Verb is not ("list" or "watch"))
        {
            throw KubeException.NoSuchPath();
        }

        var call = new ApiCall(context, cluster, user, request, resource, stopping);
        await (
            request.Subresource.Length > 0 && request.Subresource != "status"
                ? Subresources.AnswerAsync(call)
                : ResourceVerbs.AnswerAsync(call)
        );
    }

    /// <summary>The impersonated user, if the caller may impersonate (<c>kubectl --as</c>).</summary>
    private KubeUser Impersonated(KubeUser user, IHeaderDictionary headers)
    {
        var name = headers["Impersonate-User"].ToString();
        if (name.Length == 0)
        {
            return user;
        }

        var groups = headers["Impersonate-Group"].OfType<string>().ToArray();
        foreach (var (plural, who) in groups.Select(g => ("groups", g)).Prepend(("users", name)))
        {
            if (!_authorizer.Allows(user, "impersonate", "", plural, "", ns: null, who))
            {
                throw new KubeException(
                    403,
                    "Forbidden",
                    $"{plural} \"{who}\" is forbidden: User \"{user.Name}\" cannot impersonate resource \"{plural}\" in API "
                        + "group \"\" at the cluster scope"
                );
            }
        }

        return new KubeUser(name, [.. groups, "system:authenticated"]);
    }

    private void Authorize(KubeUser user, ApiRequest request)
    {
        if (
            _authorizer.Allows(
                user,
                request.Verb,
                request.Group,
                request.Plural,
                request.Subresource,
                request.Namespace,
                request.Name
            )
        )
        {
            return;
        }

        var what = request.Subresource.Length == 0 ? request.Plural : $"{request.Plural}/{request.Subresource}";
        var subject = request.Group.Length == 0 ? request.Plural : $"{request.Plural}.{request.Group}";
        var named = request.Name.Length == 0 ? subject : $"{subject} \"{request.Name}\"";
        var where = request.Namespace is { } ns ? $"in the namespace \"{ns}\"" : "at the cluster scope";
        var details = new JsonObject { ["kind"] = request.Plural };
        if (request.Name.Length > 0)
        {
            details["name"] = request.Name;
        }

        if (request.Group.Length > 0)
        {
            details["group"] = request.Group;
        }

        throw new KubeException(
            403,
            "Forbidden",
            $"{named} is forbidden: User \"{user.Name}\" cannot {request.Verb} resource \"{what}\" in API group "
                + $"\"{request.Group}\" {where}",
            details
        );
    }
}

/// <summary>One request to a resource, with its parsed parameters.</summary>
internal sealed record ApiCall(
    HttpContext Context,
    LabCluster Cluster,
    KubeUser User,
    ApiRequest Request,
    KubeResource Resource,
    CancellationToken Stopping
)
{
    public string Query(string name) => Context.Request.Query[name].ToString();

    public string Accept => Context.Request.Headers.Accept.ToString();

    /// <summary>The field manager: the client's <c>fieldManager</c>, or else the program in its user agent.</summary>
    public string Manager
    {
        get
        {
            var named = Query("fieldManager");
            if (named.Length > 0)
            {
                return named;
            }

            var agent = Context.Request.Headers.UserAgent.ToString();
            var slash = agent.IndexOf('/', StringComparison.Ordinal);
            agent = slash < 0 ? agent : agent[..slash];
            return agent.Length == 0 ? "unknown" : agent;
        }
    }

    public WriteOptions Options =>
        new(Manager, Query("dryRun") == "All", Request.Subresource == "status" ? "status" : "", Query("force") == "true")
        {
            ByUser = true,
        };
}
