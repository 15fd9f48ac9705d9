using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gantry.Testing.Contract;

public sealed record Exchange(string Method, string Path, string Request, int Status, string? ContentType, string Answer)
{
    public string Query { get; init; } = "";
}

/// <summary>An OpenAPI document. Finds what in an exchange contradicts it.</summary>
public sealed class OpenApiContract
{
    /// <summary>The document tells of some operations and the fields of their answers; there may be others.</summary>
    public bool IsPartial { get; init; }

    private readonly JsonElement _document;
    private readonly List<(string Method, Regex Path, int Parameters, JsonElement Operation)> _operations;

    public OpenApiContract(JsonElement document)
    {
        _document = document;
        _operations =
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select (
                operation.Name.ToUpperInvariant(),
                PathOf(path.Name),
                path.Name.Count(letter => letter is '{'),
                operation.Value
            ),
        ];
    }

    public IReadOnlyList<string> Problems(Exchange exchange)
    {
        var found = _operations.Where(one => one.Path.IsMatch(exchange.Path)).OrderBy(one => one.Parameters).ToList();
        if (!found.Exists(one => one.Method == exchange.Method))
        {
            return exchange.Status is >= 400 || IsPartial ? [] : ["the document has no such operation"];
        }

        var operation = found.First(one => one.Method == exchange.Method).Operation;
        var responses = operation.GetProperty("responses");
        var isSuccess = exchange.Status is >= 200 and < 300;
        if (
            !responses.TryGetProperty($"{exchange.Status}", out var response)
            && (isSuccess || !responses.TryGetProperty("default", out response))
        )
        {
            return [$"status {exchange.Status} is not declared"];
        }

        List<string> problems = [.. Body(response, exchange.ContentType, exchange.Answer, "answer")];
        if (isSuccess && exchange.Request.Length > 0 && operation.TryGetProperty("requestBody", out var request))
        {
            problems.AddRange(Body(request, "application/json", exchange.Request, "request"));
        }

        if (isSuccess && !IsPartial)
        {
            problems.AddRange(
                Undeclared(operation, exchange.Query).Select(name => $"the query parameter {name} is not declared")
            );
        }

        return problems;
    }

    private static IEnumerable<string> Undeclared(JsonElement operation, string query) =>
        query
            .TrimStart('?')
            .Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=')[0])
            .Except(
                operation.TryGetProperty("parameters", out var parameters)
                    ? parameters.EnumerateArray().Select(one => one.GetProperty("name").GetString()!)
                    : []
            );

    private IEnumerable<string> Body(JsonElement declared, string? contentType, string text, string name)
    {
        if (!declared.TryGetProperty("content", out var content))
        {
            return text.Length is 0 ? [] : [$"{name}: no body is declared"];
        }

        if (text.Length is 0)
        {
            return [$"{name}: a body is declared and missing"];
        }

        if (contentType is null || !content.TryGetProperty(contentType, out var media))
        {
            return [$"{name}: the content type {contentType} is not declared"];
        }

        return contentType is "application/json"
            ? new SchemaCheck(_document, isClosed: name is "answer" && !IsPartial).Problems(
                media.GetProperty("schema"),
                JsonDocument.Parse(text).RootElement,
                name
            )
            : [];
    }

    private static Regex PathOf(string template) =>
        new(
            "^" + Regex.Replace(Regex.Escape(template), @"\\\{[^}]+}", "[^/]+", RegexOptions.None, TimeSpan.FromSeconds(1)) + "$",
            RegexOptions.None,
            TimeSpan.FromSeconds(1)
        );
}
