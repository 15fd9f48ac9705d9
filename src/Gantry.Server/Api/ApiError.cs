namespace Gantry.Server.Api;

/// <summary>Ends a request with a status and an <see cref="ErrorBody"/>.</summary>
public sealed class ApiException(int status, string code, string message, IReadOnlyList<FieldError>? details = null)
    : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public IReadOnlyList<FieldError> Details { get; } = details ?? [];

    /// <summary>For the header <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The refusals of this API. Codes are those that clients of the public API branch on, where they do.</summary>
public static class ApiError
{
    public static ApiException NotFound(string noun, string uid) =>
        new(StatusCodes.Status404NotFound, "ResourceNotFound", $"There is no {noun} '{Shown(uid)}' in this scope.");

    public static ApiException Gone(string message) => new(StatusCodes.Status404NotFound, "ResourceNotFound", message);

    public static ApiException Invalid(string field, string message) => Invalid([new FieldError(field, message)]);

    public static ApiException Invalid(IReadOnlyList<FieldError> problems) =>
        new(
            StatusCodes.Status400BadRequest,
            "ValidationFailed",
            string.Join(" ", problems.Select(p => $"{p.Field}: {p.Message}")),
            problems
        );

    public static ApiException Duplicate(string noun, string name) =>
        new(StatusCodes.Status409Conflict, "DuplicateResource", $"A {noun} named '{name}' exists already; choose another name.");

    public static ApiException InUse(string message) => new(StatusCodes.Status409Conflict, "ResourceInUse", message);

    public static ApiException Conflict(string message) => new(StatusCodes.Status409Conflict, "ResourceConflict", message);

    public static ApiException Unauthorized(string message) =>
        new(StatusCodes.Status401Unauthorized, "InvalidCredentials", message);

    public static ApiException Forbidden(string message) => new(StatusCodes.Status403Forbidden, "ResourceAccessDenied", message);

    /// <param name="pause">After it the same request is accepted again.</param>
    public static ApiException TooManyRequests(TimeSpan pause) =>
        new(
            StatusCodes.Status429TooManyRequests,
            "TooManyRequests",
            "Too many requests come from this address; send fewer per second."
        )
        {
            RetryAfter = pause,
        };

    /// <summary>
    /// 424 and not 503: clients of this API repeat anything above 500 for minutes, and a gateway that is away for a
    /// day would look like a hanging command.
    /// </summary>
    public static ApiException GatewayAway(string message) =>
        new(StatusCodes.Status424FailedDependency, "GatewayOffline", message);

    /// <summary>Input that is quoted back is cut, so that an answer stays short whatever was sent.</summary>
    public static string Shown(string value) => value.Length <= 80 ? value : string.Concat(value.AsSpan(0, 77), "...");
}
