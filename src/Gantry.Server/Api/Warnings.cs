namespace Gantry.Server.Api;

/// <summary>
/// The header <c>Warning</c> of RFC 7234, for what people should know of a request that succeeds: the answers of Palette have no place
/// for it.
/// </summary>
internal static class Warnings
{
    private const int Longest = 500;

    public static void Write(HttpResponse response, IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            string printable = new([.. text.Where(letter => letter is >= ' ' and <= '~' and not ('"' or '\\')).Take(Longest)]);
            response.Headers.Append("Warning", $"299 gantry \"{printable}\"");
        }
    }
}
