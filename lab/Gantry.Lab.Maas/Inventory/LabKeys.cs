using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>Preset API keys of the region's users: <c>consumer:token:secret</c>.</summary>
/// <param name="Admin">The key of the administrator <c>admin</c>; <c>null</c> generates one.</param>
/// <param name="User">The key of the ordinary user <c>alice</c>; <c>null</c> for none.</param>
public sealed record LabKeys(string? Admin, string? User)
{
    public override string ToString() => "keys of the lab's users";

    /// <exception cref="FormatException">Names the key and its expected format.</exception>
    public void Validate()
    {
        Row("admin");
        Row("alice");
    }

    /// <exception cref="FormatException">Names the key and its expected format.</exception>
    internal KeyRow Row(string username)
    {
        var (given, made) =
            username == "admin"
                ? (Admin, "labconsumer0000000:labtoken0000000000:labsecret00000000000000000000000")
                : (User, "labconsumer1111111:labtoken1111111111:labsecret11111111111111111111111");
        var parts = (given ?? made).Split(':');
        return parts.Length == 3 && Array.TrueForAll(parts, part => part.Length > 0 && !part.Any(char.IsWhiteSpace))
            ? new KeyRow(parts[0], parts[1], parts[2], username, "lab")
            : throw new FormatException(
                $"the key of {username} is not of three parts with a colon between them; write it as CONSUMER:TOKEN:SECRET"
            );
    }
}
