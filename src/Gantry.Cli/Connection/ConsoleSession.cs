using System.Net;
using Gantry.Api;
using Gantry.Client;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Connection;

/// <summary>
/// A command's session with the console: works in the project of the address, and turns every failure into a <see
/// cref="CliException"/> with its exit code and, where there is one, a hint.
/// </summary>
public sealed class ConsoleSession : IDisposable
{
    /// <summary>Error code of a change that was made for another generation of the cluster.</summary>
    public const string OutdatedGeneration = "GenerationOutdated";

    private const string ValidationFailed = "ValidationFailed";
    private const string CredentialsRejected = "CredentialsRejected";
    private const string CloudUnreachable = "CloudUnreachable";
    private const string GatewayOffline = "GatewayOffline";

    private readonly GantryClient _client;
    private readonly ConsoleAddress _address;

    /// <param name="warned">Told each warning of the console.</param>
    public ConsoleSession(ConsoleAddress address, Action<string>? warned = null)
    {
        _address = address;
        try
        {
            _client = new GantryClient(
                new GantryClientOptions(address.Url, address.ApiKey)
                {
                    CaFile = address.CaFile,
                    Around = address.Around,
                    Texts = PlainText.Clean,
                    Warned = warned,
                }
            );
        }
        catch (IOException unreadable)
        {
            throw new CliException(
                ExitCode.Usage,
                $"the CA file {address.CaFile} cannot be read: {unreadable.Message}",
                unreadable
            );
        }
    }

    public Uri Url => _address.Url;

    public Task<TAnswer> CallAsync<TAnswer>(
        Operation<NoBody, TAnswer> operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        CancellationToken cancellationToken
    ) => CallAsync(operation, parameters, null, cancellationToken);

    public Task<TAnswer> CallAsync<TRequest, TAnswer>(
        Operation<TRequest, TAnswer> operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        TRequest? body,
        CancellationToken cancellationToken
    )
        where TRequest : class =>
        InProjectAsync(() => _client.CallAsync(operation, parameters, body, cancellationToken), cancellationToken, body);

    /// <summary>All items of a list, over all its pages.</summary>
    public Task<IReadOnlyList<T>> ListAsync<T>(
        Operation<NoBody, ItemList<T>> operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        CancellationToken cancellationToken
    ) => ListAsync(operation, parameters, null, cancellationToken);

    /// <summary>All items that a search finds.</summary>
    public Task<IReadOnlyList<T>> ListAsync<TRequest, T>(
        Operation<TRequest, ItemList<T>> operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        TRequest? body,
        CancellationToken cancellationToken
    )
        where TRequest : class =>
        InProjectAsync<IReadOnlyList<T>>(
            async () => await _client.ListAsync(operation, parameters, body, cancellationToken).ToListAsync(cancellationToken),
            cancellationToken
        );

    /// <summary>The body of a response that is not JSON.</summary>
    public Task<string> DownloadAsync(
        Operation operation,
        IReadOnlyList<(string Name, string? Value)> parameters,
        CancellationToken cancellationToken
    ) => InProjectAsync(() => _client.DownloadAsync(operation, parameters, cancellationToken), cancellationToken);

    /// <summary>Uid of the commands' project.</summary>
    public Task<string> ProjectUidAsync(CancellationToken cancellationToken) =>
        InProjectAsync(() => Task.FromResult(_client.ProjectUid!), cancellationToken);

    public void Dispose() => _client.Dispose();

    private async Task<T> InProjectAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken, object? body = null)
    {
        try
        {
            if (_client.ProjectUid is null && await _client.UseProjectAsync(_address.Project, cancellationToken) is { } others)
            {
                throw new CliException(
                    ExitCode.NotFound,
                    $"project `{_address.Project}` does not exist; existing: {string.Join(", ", others)}"
                );
            }

            return await call();
        }
        catch (ApiException refused)
        {
            throw Failure(refused, body);
        }
        catch (UnreachableException away)
        {
            throw Failure(away);
        }
    }

    private static CliException Failure(ApiException refused, object? body) =>
        new(
            refused switch
            {
                { Code: CredentialsRejected } => ExitCode.NoAccess,
                { Code: CloudUnreachable or GatewayOffline } => ExitCode.Unreachable,
                { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => ExitCode.NoAccess,
                { Status: HttpStatusCode.NotFound } => ExitCode.NotFound,
                { Status: >= HttpStatusCode.InternalServerError } => ExitCode.Unexpected,
                _ => ExitCode.Refused,
            },
            refused switch
            {
                { Code: OutdatedGeneration } =>
                    $"{refused.Message} Run the command again: it starts from what the cluster is now.",
                { Code: ValidationFailed, Details.Count: > 0 } => string.Join(
                    "; ",
                    refused.Details.Select(detail => $"{FieldWords.Of(detail.Field, body)}: {detail.Message.TrimEnd('.')}")
                ),
                _ => refused.Message,
            },
            refused
        )
        {
            ErrorCode = refused.Code,
            Details = [.. refused.Details.Select(detail => KeyValuePair.Create(detail.Field, detail.Message))],
        };

    private static CliException Failure(UnreachableException away) =>
        away.Reason switch
        {
            UnreachableReason.NotAConsole => new CliException(ExitCode.Unexpected, away.Message, away),
            UnreachableReason.CertificateNotTrusted => new CliException(
                ExitCode.Unreachable,
                $"{away.Message}: give the console's CA with --ca-file or GANTRY_CA_FILE",
                away
            ),
            UnreachableReason.NoConnection => new CliException(
                ExitCode.Unreachable,
                $"{away.Message}: is `gantry up` running?",
                away
            ),
            _ => new CliException(ExitCode.Unreachable, away.Message, away),
        };
}
