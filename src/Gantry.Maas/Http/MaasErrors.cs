using System.Net;
using System.Text.Json;

namespace Gantry.Maas.Http;

/// <summary>The one place where status codes become exceptions.</summary>
internal static class MaasErrors
{
    private const int LongestText = 500;

    public static MaasException From(
        HttpMethod method,
        string path,
        HttpStatusCode code,
        string? mediaType,
        string body,
        TimeSpan? retryAfter
    )
    {
        var status = (int)code;
        if (code is HttpStatusCode.Unauthorized || IsAnonymousSideOfMachines(path, code, body))
        {
            return new MaasCredentialsRejectedException(status);
        }

        var text = TextOf(mediaType, body);
        var said = text.Length > 0 ? $"MAAS: {text}" : $"MAAS answered {method} {path} with {status} and no text.";
        return code switch
        {
            HttpStatusCode.BadRequest => new MaasInvalidException(said, status, Fields(mediaType, body)),
            HttpStatusCode.Forbidden => new MaasForbiddenException(
                text.Length > 0
                    ? said
                    : $"MAAS refuses {method} {path}: the key's user lacks the permission, or the machine is locked.",
                status
            ),
            HttpStatusCode.NotFound => new MaasNotFoundException(said, status),
            HttpStatusCode.Conflict when retryAfter is not null => new MaasBusyException(
                "MAAS gave up on a conflict inside its database; nothing was done.",
                status,
                retryAfter
            ),
            HttpStatusCode.Conflict => new MaasConflictException(said, status),
            HttpStatusCode.Gone => new MaasGoneException(said, status),
            HttpStatusCode.TooManyRequests => new MaasBusyException(said, status, retryAfter),
            HttpStatusCode.ServiceUnavailable => new MaasUnavailableException(said, status, retryAfter),

            // A gateway in between gave up waiting: MAAS may still be doing it.
            HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout when method == HttpMethod.Get =>
                new MaasUnavailableException(said, status, retryAfter),
            HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => new MaasOutcomeUnknownException(said, status),
            _ => new MaasUnexpectedException(said, status),
        };
    }

    /// <summary>The collections of machines and nodes answer unknown callers with their anonymous side instead of 401.</summary>
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
            // A text with the wrong content type: it is shown as text.
        }

        return fields;
    }

    /// <summary>A line for people. HTML is a proxy's or a framework's page and says nothing.</summary>
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
