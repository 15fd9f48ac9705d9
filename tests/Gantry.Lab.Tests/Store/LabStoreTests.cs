using System.Text;
using Gantry.Lab.Store;

namespace Gantry.Lab.Tests.Store;

public sealed class LabStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lab-store").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Kinds => ["memory", "sqlite"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Values_are_listed_by_kind_in_the_order_of_their_keys(string which)
    {
        var store = Open(which);
        store.Put("machine", "b", "2"u8);
        store.Put("machine", "B", "1"u8);
        store.Put("machine", "a", "0"u8);
        store.Put("machine", "a", "9"u8);
        store.Put("zone", "a", "z"u8);
        store.Delete("machine", "b");
        Assert.Equal(["B=1", "a=9"], Text(store, "machine"));
        (store as IDisposable)?.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Writes_in_one_transaction_are_atomic(string which)
    {
        var store = Open(which);
        store.Put("machine", "a", "0"u8);
        Assert.Throws<InvalidOperationException>(() =>
            store.Together(() =>
            {
                store.Put("machine", "a", "1"u8);
                store.Put("machine", "b", "1"u8);
                throw new InvalidOperationException();
            })
        );
        Assert.Equal(["a=0"], Text(store, "machine"));
        store.Together(() => store.Together(() => store.Delete("machine", "a")));
        Assert.Empty(Text(store, "machine"));
        (store as IDisposable)?.Dispose();
    }

    [Fact]
    public void A_write_is_visible_to_another_process_without_closing()
    {
        using var writer = SqliteLabStore.Open(Path.Combine(_folder, "lab.db"));
        writer.Together(() => writer.Put("machine", "a", "0"u8));
        using var reader = SqliteLabStore.Open(Path.Combine(_folder, "lab.db"));
        Assert.Equal(["a=0"], Text(reader, "machine"));
    }

    private ILabStore Open(string which) =>
        which == "memory" ? new MemoryLabStore() : SqliteLabStore.Open(Path.Combine(_folder, "deeper", "lab.db"));

    private static IEnumerable<string> Text(ILabStore store, string kind) =>
        store.All(kind).Select(row => $"{row.Key}={Encoding.UTF8.GetString(row.Value)}");
}
