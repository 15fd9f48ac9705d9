using System.Net;
using Gantry.Api;

namespace Gantry.Client;

/// <summary>The console answered and refused.</summary>
/// <param name="status">HTTP status of the answer.</param>
/// <param name="code">Stable code of the error; <c>null</c> when something between client and console answered.</param>
/// <param name="message">For people: the field, its value, what to write instead.</param>
/// <param name="details">The fields that are wrong.</param>
public sealed class ApiException(HttpStatusCode status, string? code, string message, IReadOnlyList<FieldError> details)
    : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    public string? Code { get; } = code;

    public IReadOnlyList<FieldError> Details { get; } = details;
}
