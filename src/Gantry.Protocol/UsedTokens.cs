namespace Gantry.Protocol;

/// <summary>Records used tokens, so that each is accepted once.</summary>
public interface IUsedTokens
{
    /// <summary>Marks a token as used.</summary>
    /// <param name="until">The time from which the token is refused as expired and its record can be dropped.</param>
    /// <returns>False when the token was used before.</returns>
    ValueTask<bool> TryUseAsync(string id, DateTimeOffset until, DateTimeOffset now, CancellationToken cancellationToken);
}
