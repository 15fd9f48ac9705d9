using System.Net;
using System.Text.Json;

namespace Gantry.Maas.Http;

/// <summary>Maps status codes to exceptions.</summary>
internal static class MaasErrors
{
    private const int LongestText = 500;

    /// <param name="Root">The base of the region, with a trailing slash.</param>
    /// <param name="Location">Where a redirect leads; <c>null</c> without one.</param>
    /// <param name="RetryAfter">When MAAS wants to be asked again; <c>null</c> when it does not say.</param>
    public sealed record Origin(Uri Root, Uri? Location = null, TimeSpan? RetryAfter = null)
    {
        private const string Api = "api/2.0/";

        /// <summary>What a redirect says, with the address to use when it leads to a region; <c>null</c> without one.</summary>
        public string? Target(string path)
        {
            if (Location is null)
            {
                return null;
            }

            // Only where it leads: a query may hold anything.
            var to = (Location.IsAbsoluteUri ? Location : new Uri(Root, Location)).GetLeftPart(UriPartial.Path);
            var from = Root.AbsoluteUri.TrimEnd('/');
            var end = Api + path.Split('?')[0];
            return to.EndsWith(end, StringComparison.Ordinal)
                ? $"{from} redirects to {to[..^end.Length].TrimEnd('/')}: write that as the address of MAAS."
                : $"{from} redirects to {to}, which is not the API of MAAS: check the address, and whether a proxy asks for a "
                    + "login.";
        }
    }

    public static MaasException From(
        HttpMethod method,
        string path,
        HttpStatusCode code,
        string? mediaType,
        string body,
        Origin origin
    )
    {
        var retryAfter = origin.RetryAfter;
        var status = (int)code;
        if (code is HttpStatusCode.Unauthorized || IsAnonymousSideOfMachines(path, code, body))
        {
            return new MaasCredentialsRejectedException(status);
        }

        if (origin.Target(path) is { } target && status is >= 300 and < 400)
        {
            return new MaasUnexpectedException(target, status);
        }

        var text = TextOf(mediaType, body);
        if (
            path is "version/"
            && code is HttpStatusCode.BadRequest
            && text.Length is 0
            && origin.Root.Scheme == Uri.UriSchemeHttp
        )
        {
            // The web server in front of a region with TLS says so in HTML.
            return new MaasUnexpectedException(
                $"{origin.Root.Authority} refuses plain HTTP: write https:// when MAAS has TLS there.",
                status
            );
        }

        var message = text.Length > 0 ? $"MAAS: {text}" : $"MAAS answered {method} {path} with {status} and no text.";
        return code switch
        {
            HttpStatusCode.BadRequest => new MaasInvalidException(message, status, Fields(mediaType, body)),
            HttpStatusCode.Forbidden => new MaasForbiddenException(
                text.Length > 0
                    ? message
                    : $"MAAS refuses {method} {path}: the key's user lacks the permission, or the machine is locked.",
                status
            ),
            HttpStatusCode.NotFound => new MaasNotFoundException(message, status),
            HttpStatusCode.Conflict when retryAfter is not null => new MaasBusyException(
                "A database conflict inside MAAS aborted the call; nothing was changed.",
                status,
                retryAfter
            ),
            HttpStatusCode.Conflict => new MaasConflictException(message, status),
            HttpStatusCode.Gone => new MaasGoneException(message, status),
            HttpStatusCode.TooManyRequests => new MaasBusyException(message, status, retryAfter),
            HttpStatusCode.ServiceUnavailable => new MaasUnavailableException(message, status, retryAfter),

            // A proxy timed out; MAAS may still carry out the call.
            HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout when method == HttpMethod.Get =>
                new MaasUnavailableException(message, status, retryAfter),
            HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => new MaasOutcomeUnknownException(message, status),
            _ => new MaasUnexpectedException(message, status),
        };
    }

    /// <summary>The collections <c>machines/</c> and <c>nodes/</c> answer a call without credentials with 400, not 401.</summary>
    private static bool IsAnonymousSideOfMachines(string path, HttpStatusCode code, string body) =>
        code is HttpStatusCode.BadRequest
        && body.StartsWith("Unrecognised signature: ", StringComparison.Ordinal)
        && path.Split('?')[0] is "machines/" or "nodes/"
        && (body.EndsWith("op=None", StringComparison.Ordinal) || body.EndsWith("op=allocate", StringComparison.Ordinal));

    private static IReadOnlyDictionary<string, IReadOnlyList<string>> Fields(string? mediaType, string body)
    {
        var fields = new Dictionary<string, IReadOnlyList<string>>();
        if (mediaType is not "application/json")
        {
            return fields;
        }

        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind is JsonValueKind.Object)
            {
                foreach (var field in json.RootElement.EnumerateObject())
                {
                    fields[field.Name] =
                        field.Value.ValueKind is JsonValueKind.Array
                            ? [.. field.Value.EnumerateArray().Select(message => message.ToString())]
                            : [field.Value.ToString()];
                }
            }
        }
        catch (JsonException)
        {
            // The body is text with the wrong content type and is shown as text.
        }

        return fields;
    }

    /// <summary>The message on one line. HTML comes from a proxy or a framework and has no message.</summary>
    private static string TextOf(string? mediaType, string body)
    {
        var fields = Fields(mediaType, body);
        var text =
            fields.Count > 0
                ? string.Join(
                    "; ",
                    fields.Select(field => (field.Key == "__all__" ? "" : field.Key + ": ") + string.Join(" ", field.Value))
                )
            : body.TrimStart().StartsWith('<') ? ""
            : body.Trim();
        return text.Length > LongestText ? text[..LongestText] + "…" : text;
    }
}
